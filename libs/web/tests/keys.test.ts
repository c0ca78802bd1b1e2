import { html, render } from "lit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Action, actionOf, BINDINGS, isLetter } from "../src/keys/bindings";
import { type Actions, Keyboard, lettersAct, useLetters } from "../src/keys/keyboard";
import { enter, focusRow, nextMissed, RovingRows, step } from "../src/keys/rows";

const press = (key: string, more: KeyboardEventInit = {}) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  (document.activeElement ?? document.body).dispatchEvent(event);
  return event;
};
const at = (testid: string) =>
  [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)] as const;

let done: Action[] = [];
let keyboard: Keyboard;

beforeEach(() => {
  done = [];
  const entries = BINDINGS.map(({ action }) => [action, () => done.push(action) > 0] as const);
  keyboard = new Keyboard(Object.fromEntries(entries) as unknown as Actions);
});

afterEach(() => {
  keyboard.stop();
  document.getElementById("field")?.remove();
  render(html``, document.body);
});

test("every key has one action", () => {
  const keys = BINDINGS.flatMap(({ keys }) => keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(isLetter("?") && isLetter("c")).toBe(true);
  expect(isLetter("F2") || isLetter("Ctrl+Enter")).toBe(false);
});

test.each(BINDINGS.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)))(
  "%s means %s",
  (key, action) => {
    const [name = "", ctrl] = key.split("+").reverse();
    const event = press(name, { ctrlKey: ctrl === "Ctrl" });
    expect([done, event.defaultPrevented]).toEqual([[action], true]);
  },
);

test.each([["input"], ["textarea"], ["select"]])(
  "in a %s only keys that write nothing act",
  (tag) => {
    document.body.append(Object.assign(document.createElement(tag), { id: "field" }));
    document.getElementById("field")?.focus();
    for (const key of ["c", "n", "r", "/", "?", "ArrowDown", "p"]) press(key);
    expect(done).toEqual([]);
    press("F2");
    press("Escape");
    press("Enter", { ctrlKey: true });
    expect(done).toEqual(["popup", "close", "save"]);
  },
);

test("the down key leads out of a search, and the letters stay in it", () => {
  const search = Object.assign(document.createElement("input"), { id: "field", type: "search" });
  document.body.append(search);
  search.focus();
  for (const key of ["j", "ArrowUp", "ArrowDown"]) press(key);
  expect(done).toEqual(["next"]);
});

test("letters can be turned off, and only letters", () => {
  useLetters(false);
  expect(lettersAct()).toBe(false);
  for (const key of ["c", "?", "/", "j"]) press(key);
  expect(done).toEqual([]);
  press("F2");
  expect(done).toEqual(["popup"]);
  useLetters(true);
  press("c");
  expect(done).toEqual(["popup", "comment"]);
});

test("the keys of browsers, of menus and of dialogs stay theirs", () => {
  expect(actionOf(new KeyboardEvent("keydown", { key: "c", ctrlKey: true }), true)).toBeNull();
  expect(actionOf(new KeyboardEvent("keydown", { key: "p", altKey: true }), true)).toBeNull();
  expect(actionOf(new KeyboardEvent("keydown", { key: "n", metaKey: true }), true)).toBeNull();
  const own = (event: Event) => event.preventDefault();
  document.body.addEventListener("keydown", own);
  press("Escape");
  document.body.removeEventListener("keydown", own);
  render(html`<dialog open></dialog>`, document.body);
  press("n");
  expect(done).toEqual([]);
});

test("a key without anything to do keeps its own meaning", () => {
  keyboard.stop();
  const nothing = vi.fn(() => false);
  keyboard = new Keyboard({ close: nothing } as unknown as Actions);
  expect(press("Escape").defaultPrevented).toBe(false);
  expect(nothing).toHaveBeenCalledOnce();
});

function showRows(...phases: string[]) {
  const row = (phase: string) => html`<tbody data-testid="call-row" data-phase=${phase}>
    <tr>
      <td><button data-testid="row-number">1</button></td>
      <td><button data-testid="row-open">2</button></td>
    </tr>
    <tr class="details"><td><textarea data-testid="comment-text"></textarea></td></tr>
  </tbody>`;
  render(html`<table>${phases.map(row)}</table>`, document.body);
}

const focused = () => document.activeElement as HTMLElement;

test("arrow keys go from row to row, to the control that does the same", () => {
  showRows("ended", "missed", "ended");
  at("row-number")[0]?.focus();
  expect(step(focused(), 1)).toBe(true);
  expect(focused()).toBe(at("row-number")[1]);
  step(focused(), -1);
  step(focused(), -1); // there is none above
  expect(focused()).toBe(at("row-number")[0]);
});

test("arrow keys mean nothing outside of rows and in an open comment", () => {
  showRows("ended", "ended");
  at("comment-text")[0]?.focus();
  expect(step(focused(), 1)).toBe(false);
  focused().blur();
  expect(step(document.body, 1)).toBe(false);
  expect(enter()).toBe(true);
  expect(focused()).toBe(at("row-open")[0]);
});

test("the next missed call is below the focus, and at last above", () => {
  showRows("missed", "ended", "missed");
  const rows = at("call-row");
  expect(nextMissed(document.body)).toBe(rows[0]);
  if (rows[0]) focusRow(rows[0]);
  expect(nextMissed(focused())).toBe(rows[2]);
  if (rows[2]) focusRow(rows[2]);
  expect(nextMissed(focused())).toBe(rows[0]);
  showRows("ended");
  expect(nextMissed(document.body)).toBeNull();
});

test("one row of a list is in the order of the Tab key", async () => {
  showRows("ended", "ended", "ended");
  const list = document.querySelector("table") as Element;
  const roving = new RovingRows(list);
  const inOrder = () => at("row-open").map((button) => button.tabIndex === 0);
  expect(inOrder()).toEqual([true, false, false]);
  at("row-open")[1]?.focus();
  expect(inOrder()).toEqual([false, true, false]);
  expect(at("comment-text").every((text) => text.tabIndex === 0)).toBe(true);
  press("End");
  expect(focused()).toBe(at("row-open")[2]);
  press("Home");
  expect(focused()).toBe(at("row-open")[0]);
  at("row-open")[1]?.focus();
  at("call-row")[1]?.remove();
  await vi.waitFor(() => expect(inOrder()).toEqual([true, false]));
  roving.stop();
});
