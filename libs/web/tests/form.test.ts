import { html, render } from "lit";
import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../src/core/request";
import { checkField, passwordField, textField } from "../src/forms/fields";
import { FieldError, type Form, type Work } from "../src/forms/form";
import { anythingUnsaved } from "../src/forms/unsaved";

beforeEach(() => {
  render(html``, document.body);
});

async function formOf(work: Work, name = "Anna") {
  const fields = html`
    ${textField({ name: "name", label: "Name", value: name, required: true })}
    ${textField({ name: "extensions", label: "Nebenstellen", value: "21, 22" })}
    ${checkField({ name: "locked", label: "gesperrt", checked: false })}
  `;
  render(html`<sc-form .content=${fields} .work=${work}></sc-form>`, document.body);
  const form = document.querySelector("sc-form") as Form;
  await settled();
  return form;
}

async function settled() {
  for (let i = 0; i < 10; i++) await Promise.resolve();
  await (document.querySelector("sc-form") as Form).updateComplete;
}

const input = (name: string) =>
  document.querySelector<HTMLInputElement>(`[name=${name}]:not(sc-form-field)`) as HTMLInputElement;

function type(name: string, value: string) {
  input(name).value = value;
  input(name).dispatchEvent(new Event("input", { bubbles: true }));
}

const note = () => document.querySelector("[data-testid=form-note]")?.textContent;
const problem = (name: string) =>
  document.querySelector(`[data-testid=error-${name}]`)?.textContent;

test("a form gives its values without blanks, lists without repetitions", async () => {
  let sent: unknown;
  const form = await formOf(async (values) => {
    sent = [values.of("name"), values.list("extensions"), values.isOn("locked")];
    return "Gespeichert.";
  });
  type("name", " Berta ");
  type("extensions", "21; 22,22 ,23,");
  input("locked").checked = true;
  await form.submit();
  await settled();
  expect([sent, note()]).toEqual([["Berta", ["21", "22", "23"], true], "Gespeichert."]);
});

test("a form is unsaved from the first change until it was saved", async () => {
  const form = await formOf(async () => "");
  expect(anythingUnsaved()).toBe(false);
  type("name", "Berta");
  expect(anythingUnsaved()).toBe(true);
  type("name", "Anna");
  expect(anythingUnsaved()).toBe(false);
  type("name", "Berta");
  await form.submit();
  expect(anythingUnsaved()).toBe(false);
  type("name", "Carla");
  form.remove();
  expect(anythingUnsaved()).toBe(false);
});

test("a form whose work fails stays unsaved and keeps what was typed", async () => {
  const form = await formOf(async () => {
    throw new ApiError(0, {});
  });
  type("name", "Berta");
  await form.submit();
  await settled();
  expect([anythingUnsaved(), input("name").value]).toEqual([true, "Berta"]);
  expect(note()).toContain("nicht erreichbar");
});

test("a required field that is empty is named before anything is sent", async () => {
  const form = await formOf(async () => expect.unreachable());
  type("name", "  ");
  await form.submit();
  await settled();
  expect([problem("name"), document.activeElement]).toEqual(["Bitte ausfüllen.", input("name")]);
  type("name", "B");
  await settled();
  expect(problem("name")).toBe("");
});

test("problems of the server are at their fields, others at the button", async () => {
  const errors = [
    { field: "extensions.0", message: "no", code: "of-tomorrow", params: {} },
    { field: "colour", message: "not known", code: "of-tomorrow", params: {} },
  ];
  const form = await formOf(async () => {
    throw new ApiError(422, { errors });
  });
  await form.submit();
  await settled();
  expect([problem("extensions"), note()]).toEqual(["no", "colour: not known"]);
  expect(document.activeElement).toBe(input("extensions"));
});

test("the note of one form goes away when another is sent", async () => {
  const works: Work[] = [
    async () => "Gespeichert.",
    async () => {
      throw new FieldError("nowhere", "falsch");
    },
  ];
  const forms = works.map((work) => html`<sc-form .work=${work}></sc-form>`);
  render(html`${forms}`, document.body);
  const [first, second] = document.querySelectorAll<Form>("sc-form");
  await first?.submit();
  await first?.updateComplete;
  expect(first?.textContent).toContain("Gespeichert.");
  await second?.submit();
  await Promise.all([first?.updateComplete, second?.updateComplete]);
  expect(first?.textContent).not.toContain("Gespeichert.");
  expect(second?.textContent).toContain("falsch");
});

test("a new value of the server replaces a field that was not changed by hand", async () => {
  await formOf(async () => "");
  await formOf(async () => "", "Berta");
  expect(input("name").value).toBe("Berta");
});

test("a password is shown while its button is pressed in", async () => {
  const field = passwordField({ name: "secret", label: "Passwort", autocomplete: "new-password" });
  render(html`<sc-form .content=${field}></sc-form>`, document.body);
  await settled();
  const button = document.querySelector<HTMLButtonElement>("[data-testid=show-password]");
  button?.click();
  expect([input("secret").type, button?.getAttribute("aria-pressed")]).toEqual(["text", "true"]);
  button?.click();
  expect(input("secret").type).toBe("password");
});
