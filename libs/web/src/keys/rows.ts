// Moves the focus in a list of rows: one row at a time takes part in the order of the Tab key, and
// the arrow keys go from row to row.

const CONTROLS = "button, a[href], input, select, textarea";

/** The rows of a list that is a view. */
const LISTED = "[data-testid=call-row], [data-testid=record-row]";
/** The rows of lists: of calls, of the directory, and of popups that are rows. */
export const ROW = `${LISTED}, [data-testid=popup-row]`;

/** The controls of a row itself, without those of what is open below it. */
function controlsOf(row: Element) {
  const all = [...row.querySelectorAll<HTMLElement>(CONTROLS)];
  return all.filter((control) => control.closest(".details") === null);
}

/** The rows of the list that has this one, from top to bottom. */
function rowsBeside(row: Element) {
  const name = row.getAttribute("data-testid");
  const list = row.closest("table, .popups-list");
  const rows = [...(list?.querySelectorAll(`[data-testid=${name}]`) ?? [])];
  return rows.filter((each) => each.closest("[hidden]") === null);
}

/**
 * Focuses the control of a row that does the same as the one that has the focus, else the one that opens the
 * row, else its last.
 */
export function focusRow(row: Element, like: Element | null = null) {
  const controls = controlsOf(row);
  const id = like?.getAttribute("data-testid");
  const same = controls.find((control) => control.getAttribute("data-testid") === id);
  const opener = controls.find((control) => control.matches("[data-testid$=-open]"));
  (same ?? opener ?? controls.at(-1))?.focus();
}

/** Goes to the row below, or to the one above. Returns false if the focus is in no row. */
export function step(focused: Element, by: 1 | -1) {
  const own = focused.closest(ROW);
  if (own === null || focused.closest(".details")) return false;
  const rows = rowsBeside(own);
  const to = rows[rows.indexOf(own) + by];
  if (to) focusRow(to, focused);
  return true;
}

/** Goes to the first row of the list. Returns false if there is none. */
export function enter(root: ParentNode = document) {
  const first = root.querySelector(LISTED);
  if (first) focusRow(first);
  return first !== null;
}

/** The next row of a missed call below the focus, beginning again at the top; null without one. */
export function nextMissed(focused: Element, root: ParentNode = document) {
  const rows = [...root.querySelectorAll("[data-testid=call-row]")];
  const at = rows.findIndex((row) => row.contains(focused));
  const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  return order.find((row) => row.getAttribute("data-phase") === "missed") ?? null;
}

/**
 * Keeps one row of a list in the order of the Tab key: the one that had the focus last. Home and End lead to
 * the first and the last row.
 */
export class RovingRows {
  #current: Element | null = null;
  readonly #observer: MutationObserver;

  constructor(readonly list: Element) {
    list.addEventListener("focusin", this.#onFocus);
    list.addEventListener("keydown", this.#onKey);
    this.#observer = new MutationObserver(() => this.#apply());
    this.#observer.observe(list, { childList: true, subtree: true });
    this.#apply();
  }

  #onFocus = (event: Event) => {
    const row = (event.target as Element).closest(ROW);
    if (row === null || row === this.#current) return;
    this.#current = row;
    this.#apply();
  };

  #onKey = (event: Event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event as KeyboardEvent;
    const row = (target as Element).closest(".details") ? null : (target as Element).closest(ROW);
    const to = { Home: 0, End: -1 }[key];
    if (row === null || to === undefined || ctrlKey || metaKey || altKey) return;
    const last = rowsBeside(row).at(to);
    if (last) focusRow(last, target as Element);
    event.preventDefault();
  };

  #apply() {
    const rows = [...this.list.querySelectorAll(ROW)];
    if (!this.#current || !rows.includes(this.#current)) this.#current = rows[0] ?? null;
    for (const row of rows) {
      const tab = row === this.#current ? 0 : -1;
      for (const control of controlsOf(row)) if (control.tabIndex !== tab) control.tabIndex = tab;
    }
  }

  stop() {
    this.list.removeEventListener("focusin", this.#onFocus);
    this.list.removeEventListener("keydown", this.#onKey);
    this.#observer.disconnect();
  }
}
