// The form of a record, and changes of two people at once.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { RecordChanges, RecordInput } from "../src/api/matcher";
import type { Context } from "../src/calls/context";
import { ApiError } from "../src/core/request";
import type { Form } from "../src/forms/form";
import { load } from "../src/i18n/messages";
import { RecordForm } from "../src/records/edit";
import { numberOf, recordOf } from "./examples";

const PROBLEM = { message: "is no address", code: "url-invalid", params: {} };

/** A server with one record, which refuses changes of an older version. */
class Server {
  stored = recordOf({ numbers: [numberOf({ label: "Büro" })], emails: ["huber@huber.example"] });
  added: RecordInput[] = [];
  changes: RecordChanges[] = [];
  organizations = [recordOf({ id: "o1", type: "organization", name: "Huber GmbH" })];
  people = [
    { login: "bert", name: "Bert Baum", teams: ["Support"] },
    { login: "carl", name: "", teams: ["Support", "Sales"] },
  ];
  asked: string[] = [];
  said: string[] = [];
  readonly context = {
    user: { role: "user", login: "anna", extensions: ["21"], teams: ["Sales"] },
    api: { ask: (...request: [string, never, never]) => this.#answer(...request) },
    say: (words: string) => this.said.push(words),
  } as unknown as Context;

  async #answer(route: string, parts: { body: RecordInput }, condition: { version: number }) {
    this.asked.push(route);
    if (route === "GET /api/users") return { items: this.people, next: null };
    if (route === "GET /api/directory/records") return { items: this.organizations, next: null };
    if (route.startsWith("GET")) return this.stored;
    if (route.startsWith("POST")) {
      this.added.push(parts.body);
      return recordOf({ id: "new" });
    }
    if (condition.version !== this.stored.version) throw new ApiError(412, {});
    this.changes.push(parts.body);
    this.by(parts.body);
    return this.stored;
  }

  by(changes: object) {
    this.stored = { ...this.stored, ...changes, version: this.stored.version + 1 };
  }
}

let server: Server;
let view: RecordForm;

beforeEach(async () => {
  await load("admin");
  server = new Server();
});
afterEach(() => view.element.remove());

async function open(id: string | null) {
  view = new RecordForm(server.context, id);
  document.body.append(view.element);
  const form = await vi.waitFor(() => {
    const found = view.element.querySelector<Form>("sc-form");
    expect(found?.isChanged).toBe(false);
    expect(found?.querySelector("[data-testid=line-name]")).not.toBeNull();
    return found as Form;
  });
  await form.keepShown();
  return form;
}

function fill(name: string, value: string) {
  const control = view.element.querySelector<HTMLInputElement>(
    `:is(input, textarea, select)[name=${name}]`,
  );
  if (control) control.value = value;
  control?.dispatchEvent(new Event("input", { bubbles: true }));
}

test("a new record begins with the number and the name in the address", async () => {
  history.replaceState(null, "", "#/directory/new?number=%2B498999998001&name=Keller");
  const form = await open(null);
  fill("line-extension", "Mobil");
  fill("emails", "eva@keller.example; info@keller.example");
  fill("tags", "VIP");
  await form.submit();
  expect(server.added).toEqual([
    {
      type: "contact",
      name: "Keller",
      organization: "",
      organization_record: "",
      numbers: [{ number: "+498999998001", label: "Mobil", extension_digits: 0 }],
      emails: ["eva@keller.example", "info@keller.example"],
      address: "",
      tags: ["VIP"],
      url: "",
      note: "",
      inactive: false,
      visible_to: "everyone",
      owner: "",
      team: "",
    },
  ]);
  expect([location.hash, server.said]).toEqual(["#/directory/new", ["Gespeichert."]]);
});

test("a form that nobody has touched may be left", async () => {
  view = new RecordForm(server.context, "r1");
  document.body.append(view.element);
  await vi.waitFor(() => expect(view.element.querySelector("[name=line-name]")).not.toBeNull());
  await new Promise((resolve) => setTimeout(resolve));
  expect(view.element.querySelector<Form>("sc-form")?.isUnsaved).toBe(false);
});

test("only what differs is sent", async () => {
  const form = await open("r1");
  fill("note", "Ruft morgens an.");
  await form.submit();
  expect(server.changes).toEqual([{ note: "Ruft morgens an." }]);
});

test("the digits of extensions are kept and changed", async () => {
  server.stored.numbers[0] = numberOf({ number: "089 99998-0", extension_digits: 2 });
  const form = await open("r1");
  fill("note", "Ruft morgens an.");
  await form.submit();
  fill("line-digits", "3");
  await form.submit();
  expect(server.changes[0]).toEqual({ note: "Ruft morgens an." });
  const numbers = [{ number: "089 99998-0", label: "", extension_digits: 3 }];
  expect(server.changes[1]).toMatchObject({ numbers });
});

test("a record for its owner or a team is the user's without another name", async () => {
  const form = await open("r1");
  const choice = form.querySelector<HTMLSelectElement>("select[name=visible_to]");
  expect([...(choice?.options ?? [])].map((each) => each.value)).toEqual([
    "everyone",
    "team",
    "owner",
  ]);
  fill("visible_to", "owner");
  await form.submit();
  fill("visible_to", "team");
  await form.submit();
  expect(server.changes).toEqual([
    { visible_to: "owner", owner: "anna" },
    { visible_to: "team", team: "Sales" },
  ]);
});

function options(name: string) {
  const input = view.element.querySelector<HTMLInputElement>(`input[name=${name}]`);
  return [...(input?.list?.options ?? [])].map((each) => [each.value, each.getAttribute("label")]);
}

function visit(...names: string[]) {
  for (const name of names) {
    const input = view.element.querySelector<HTMLInputElement>(`input[name=${name}]`);
    input?.dispatchEvent(new FocusEvent("focus"));
  }
}

test("administrators are offered colleagues by name", async () => {
  server.context.user.role = "admin";
  await open("r1");
  visit("owner", "team");
  await vi.waitFor(() => expect(options("owner")).toHaveLength(2));
  expect(options("owner")).toEqual([
    ["bert", "Bert Baum"],
    ["carl", null],
  ]);
  expect(options("team").map(([value]) => value)).toEqual(["Sales", "Support"]);
  fill("owner", "bert");
  const name = () => view.element.querySelector("[data-testid=owner-name]")?.textContent;
  await vi.waitFor(() => expect(name()).toBe("Bert Baum"));
  fill("owner", "nobody");
  await vi.waitFor(() => expect(name()).toBeUndefined());
  expect(server.asked.filter((route) => route === "GET /api/users")).toHaveLength(1);
});

test("users are offered themselves and their teams, and are given nobody's name", async () => {
  await open("r1");
  visit("owner", "team");
  await vi.waitFor(() => expect(options("owner")).toEqual([["anna", null]]));
  await vi.waitFor(() => expect(options("team").map(([value]) => value)).toEqual(["Sales"]));
  expect(server.asked).not.toContain("GET /api/users");
});

test("an organisation of the directory is linked by its name", async () => {
  const form = await open("r1");
  fill("organization", "Huber");
  const offered = () => [...view.element.querySelectorAll("option[value^=Huber]")].length;
  await vi.waitFor(() => expect(offered()).toBe(1));
  fill("organization", "Huber GmbH");
  await form.submit();
  fill("organization", "Huber KG");
  await form.submit();
  expect(server.changes).toEqual([
    { organization: "Huber GmbH", organization_record: "o1" },
    { organization: "Huber KG", organization_record: "" },
  ]);
});

test("a name that somebody else has changed is told, and the input stays", async () => {
  const form = await open("r1");
  server.by({ name: "Huber-Keller, Maria" });
  fill("name", "Huber, Marie");
  await form.submit();
  expect(form.note).toContain("Name: Huber-Keller, Maria");
  expect(form.values.of("name")).toBe("Huber, Marie");
  expect(server.stored.name).toBe("Huber-Keller, Maria");
  await form.submit();
  expect(server.stored.name).toBe("Huber, Marie");
});

test("another field that somebody else has changed stays", async () => {
  const form = await open("r1");
  server.by({ note: "Zieht um." });
  fill("line-name", "030 23125001");
  fill("line-extension", "");
  await form.submit();
  const numbers = [{ number: "030 23125001", label: "" }];
  expect(server.stored).toMatchObject({ note: "Zieht um.", numbers });
});

test("an e-mail address that is none is named at its field", async () => {
  const form = await open("r1");
  fill("emails", "huber@huber.example, huber");
  await form.submit();
  const problem = view.element.querySelector("[data-testid=error-emails]");
  expect(problem?.textContent).toBe("„huber“ ist keine E-Mail-Adresse.");
  expect(server.changes).toEqual([]);
});

test("a problem in a part that is folded opens it", async () => {
  const form = await open(null);
  form.fail(new ApiError(422, { errors: [{ ...PROBLEM, field: "tags" }] }));
  expect(view.element.querySelector("details")?.open).toBe(true);
  expect(document.activeElement?.getAttribute("name")).toBe("tags");
});
