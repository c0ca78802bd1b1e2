// Entries in any view stay when the page is drawn anew in another language.

import { html, render } from "lit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepEntries, watchEntries } from "../src/forms/entries";
import { textField } from "../src/forms/fields";
import type { Form } from "../src/forms/form";
import "../src/forms/form";

const root = document.createElement("div");

/** A view as the page builds it: a form, a row that opens, and a part that is read first. */
function build() {
  root.innerHTML = `
    <button lang="en" aria-pressed="false">EN</button>
    <form data-testid="form">
      <input data-testid="name" value="saved"><input data-testid="untouched" value="saved">
      <input type="checkbox" data-testid="active">
    </form>
    <div data-call="a"><button data-testid="open" aria-expanded="false">v</button></div>
    <div data-call="b"><button data-testid="open" aria-expanded="false">v</button></div>`;
  for (const button of root.querySelectorAll<HTMLElement>("[aria-expanded]")) {
    button.addEventListener("click", () => {
      const isOpen = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(isOpen));
    });
  }
}

const at = <E extends HTMLElement>(selector: string) => root.querySelector(selector) as E;
const field = (id: string) => at<HTMLInputElement>(`[data-testid=${id}]`);

function enter(element: HTMLInputElement, value: string) {
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.append(root);
  build();
});
afterEach(() => {
  vi.useRealTimers();
});
watchEntries(root);

test("what was entered, chosen and opened is there again, and nothing else", () => {
  enter(field("name"), "half a na");
  field("active").checked = true;
  field("active").dispatchEvent(new Event("change", { bubbles: true }));
  at("[data-call=b] button").click();
  const heard: string[] = [];
  keepEntries(root, () => {
    build();
    field("untouched").value = "of the server";
    field("name").addEventListener("input", () => heard.push(field("name").value));
  });
  expect(field("name").value).toBe("half a na");
  expect(field("active").checked).toBe(true);
  expect(field("untouched").value).toBe("of the server");
  const open = [...root.querySelectorAll("[aria-expanded]")];
  expect(open.map((each) => each.getAttribute("aria-expanded"))).toEqual(["false", "true"]);
  expect(heard).toEqual(["half a na"]);
});

test("a field that a view shows later gets its entry then", async () => {
  enter(field("name"), "half a na");
  keepEntries(root, () => {
    root.innerHTML = "<p>is read</p>";
  });
  build();
  await vi.waitFor(() => expect(field("name").value).toBe("half a na"));
});

test("an entry of another person or hand is never written over", async () => {
  enter(field("name"), "before");
  keepEntries(root, build);
  enter(field("name"), "after");
  root.append(document.createElement("p"));
  await vi.advanceTimersByTimeAsync(100);
  expect(field("name").value).toBe("after");
});

test("an entry is not put into the same view that is opened later", async () => {
  enter(field("name"), "half a na");
  keepEntries(root, build);
  window.dispatchEvent(new Event("hashchange"));
  build();
  await vi.advanceTimersByTimeAsync(100);
  expect(field("name").value).toBe("saved");
});

test("entries survive a second change of the language", async () => {
  enter(field("name"), "half a na");
  keepEntries(root, build);
  await vi.advanceTimersByTimeAsync(11_000);
  keepEntries(root, build);
  expect(field("name").value).toBe("half a na");
});

describe("in a form of the server's values", () => {
  const form = () => at<Form>("sc-form");

  /** Draws the form as the server has it, and waits until it knows so. */
  async function show() {
    const view = document.createElement("div");
    root.replaceChildren(view);
    const fields = html`${textField({ name: "first", label: "First", value: "saved" })}
    ${textField({ name: "second", label: "Second", value: "saved" })}`;
    render(html`<sc-form .content=${fields}></sc-form>`, view);
    await vi.waitFor(() => expect(field("second")?.value).toBe("saved"));
    await vi.advanceTimersByTimeAsync(0);
  }
  beforeEach(show);

  test("an entry that is put back is known as unsaved", async () => {
    enter(field("first"), "half a na");
    keepEntries(root, () => void show());
    await vi.waitFor(() => expect(field("first").value).toBe("half a na"));
    expect(form().isUnsaved).toBe(true);
  });

  test("an entry that was saved is not put back over the server's value", async () => {
    enter(field("first"), " saved");
    form().keep();
    keepEntries(root, () => void show());
    await vi.advanceTimersByTimeAsync(100);
    expect(field("first").value).toBe("saved");
    expect(form().isUnsaved).toBe(false);
  });
});

test("the focus is on the same control", () => {
  const english = at<HTMLElement>("[lang=en]");
  english.focus();
  keepEntries(root, build);
  expect(document.activeElement).toBe(at("[lang=en]"));
  expect(document.activeElement).not.toBe(english);
});
