// Keeps what somebody has entered and opened while the page is drawn anew, as in another language.
//
// Views are built anew, and some read their data first, so an entry is put back when its control
// appears. A control is found again by the ids that it and its surroundings have for tests.

import type { Form } from "./form";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** Views that read their data first are given this time. */
const WAITS_MILLIS = 10_000;
const FIELDS = "input:not([type=file]), select, textarea";
/** Controls that show or hide a part of the page, or choose one of several. */
const TOGGLES =
  "button[aria-expanded]:not([aria-haspopup]), button[aria-pressed]:not([lang]), summary";
/** A view may fill a field after the entry was put back; then it is put back again. */
const ATTEMPTS = 3;
const MARKS = ["data-testid", "data-call", "data-device", "data-hit", "data-key", "name", "lang"];

/** Fields and toggles that somebody has used. */
const used: WeakSet<Element> = new WeakSet();
/** Whether events come from here and not from a person. */
let isRestoring = false;
/** Ends the restoring that the last drawing began. */
let end = () => {};

interface Entry {
  path: string;
  /** Which of several elements with the same path. */
  place: number;
  state: string;
  attempts: number;
}

/** Notes which controls are used; called once. */
export function watchEntries(root: HTMLElement) {
  const note = ({ target }: Event, controls: string) => {
    const control = target instanceof Element ? target.closest(controls) : null;
    if (control && !isRestoring) used.add(control);
  };
  root.addEventListener("input", (event) => note(event, FIELDS), true);
  root.addEventListener("change", (event) => note(event, FIELDS), true);
  root.addEventListener("click", (event) => note(event, TOGGLES), true);
}

/** Draws the page anew; entries, opened parts and the focus stay. */
export function keepEntries(root: HTMLElement, draw: () => void) {
  end();
  const entries = [...root.querySelectorAll(`${FIELDS}, ${TOGGLES}`)]
    .filter((element) => used.has(element) && !isSaved(element))
    .map((element) => entryOf(root, element));
  const active = document.activeElement;
  const focus = active && root.contains(active) ? entryOf(root, active) : null;
  draw();
  const restored: Element[] = [];
  const put = () => {
    for (const entry of entries) {
      const element = find(root, entry);
      if (element && !used.has(element) && restore(element, entry)) restored.push(element);
    }
    if (focus && document.activeElement === document.body) focusOn(find(root, focus));
  };
  let soon = 0;
  const observer = new MutationObserver(() => {
    window.clearTimeout(soon);
    // a form first notes the values of the server, so that it knows the entry as unsaved
    soon = window.setTimeout(put);
  });
  observer.observe(root, { childList: true, subtree: true });
  const timer = window.setTimeout(() => end(), WAITS_MILLIS);
  // what was thrown away when its view was left must not appear in the next one
  const left = new AbortController();
  window.addEventListener("hashchange", () => end(), { signal: left.signal });
  end = () => {
    window.clearTimeout(timer);
    window.clearTimeout(soon);
    left.abort();
    observer.disconnect();
    for (const element of restored) used.add(element); // for the next change of the language
    end = () => {};
  };
  put();
}

/** Whether the entry is in a form that was saved or is being saved; the server has the value. */
function isSaved(element: Element) {
  const form = element.closest<Form>("sc-form");
  return form !== null && (form.busy || !form.isChanged);
}

function entryOf(root: HTMLElement, element: Element): Entry {
  const path = pathOf(root, element);
  const place = alike(root, element.localName, path).indexOf(element);
  return { path, place, state: stateOf(element), attempts: ATTEMPTS };
}

function find(root: HTMLElement, { path, place }: Entry) {
  const [name = ""] = path.split(" ", 1);
  return alike(root, name, path)[place] ?? null;
}

function alike(root: HTMLElement, name: string, path: string) {
  return [...root.querySelectorAll(name)].filter((each) => pathOf(root, each) === path);
}

/** The name of the element, and the marks of it and of everything around it. */
function pathOf(root: HTMLElement, element: Element) {
  const marks: string[] = [];
  for (let at: Element | null = element; at && at !== root; at = at.parentElement) {
    const own = MARKS.filter((mark) => at?.hasAttribute(mark));
    if (own.length > 0) marks.push(own.map((mark) => `${mark}=${at?.getAttribute(mark)}`).join());
  }
  return [element.localName, ...marks].join(" ");
}

function stateOf(element: Element) {
  if (isField(element)) return isCheck(element) ? String(element.checked) : element.value;
  if (element.localName === "summary") return String(element.closest("details")?.open);
  return element.getAttribute("aria-expanded") ?? element.getAttribute("aria-pressed") ?? "";
}

/** Puts a state back; false if that is not needed, not possible yet, or was in vain. */
function restore(element: Element, entry: Entry) {
  const { state } = entry;
  if (stateOf(element) === state || entry.attempts === 0 || !mayBe(element, state)) return false;
  entry.attempts = isField(element) ? entry.attempts - 1 : 0;
  isRestoring = true;
  if (!isField(element)) (element as HTMLElement).click();
  else if (isCheck(element)) element.checked = state === "true";
  else element.value = state;
  // views listen to one or the other
  for (const type of isField(element) ? ["input", "change"] : []) {
    element.dispatchEvent(new Event(type, { bubbles: true }));
  }
  isRestoring = false;
  return true;
}

/** Whether a control can have a state now; the options of a choice may still be read. */
function mayBe(element: Element, state: string) {
  const options = element instanceof HTMLSelectElement ? [...element.options] : null;
  return options === null || options.some(({ value }) => value === state);
}

function focusOn(element: Element | null) {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
}

function isField(element: Element): element is Field {
  return element.matches(FIELDS);
}

function isCheck(element: Element): element is HTMLInputElement {
  return element instanceof HTMLInputElement && ["checkbox", "radio"].includes(element.type);
}
