// The actions of the keys on the page of a signed-in user.

import type { Context } from "../calls/context";
import { dialable } from "../calls/format";
import { address, place } from "../core/place";
import { t } from "../i18n/messages";
import type { KeyHelp } from "../keys/help";
import type { Actions } from "../keys/keyboard";
import { enter, focusRow, nextMissed, step } from "../keys/rows";
import type { Popups } from "../popup/popups";

export interface DeskParts {
  context: Context;
  popups: Popups;
  /** The element with the view that is open. */
  content: HTMLElement;
  /** The list of calls, which is on the page while no other view is open. */
  list: HTMLElement;
  help: KeyHelp;
}

export function deskActions({ context, popups, content, list, help }: DeskParts): Actions {
  const go = (focused: Element, key: string, by: 1 | -1) => {
    const isSearch = focused.matches("[type=search]") && content.contains(focused);
    return step(focused, by) || ((isSearch || !key.startsWith("Arrow")) && enter(content));
  };
  return {
    popup: () => popups.toggleFocus(),
    comment: (focused) => comment(focused, popups),
    save: (focused) => save(focused),
    callBack: (focused) => callBack(focused, context),
    close: (focused) => popups.closeFocused() || closeRow(focused),
    missed: (focused) => missed(focused, list, context),
    next: (focused, key) => go(focused, key, 1),
    previous: (focused, key) => go(focused, key, -1),
    search: () => search(content),
    help: () => {
      help.show();
      return true;
    },
  };
}

/** The part of the page that shows the call which has the focus. */
function ofCall(focused: Element) {
  return focused.closest<HTMLElement>("[data-call]");
}

const TEXT = "[data-testid=comment-text]";
/** The numbers that a click calls. */
const DIALS = "button.dials";

/** Goes to the comment of the call that has the focus, or of the newest popup. */
function comment(focused: Element, popups: Popups) {
  const own = ofCall(focused);
  const opener = own?.querySelector<HTMLElement>("[data-testid=row-open][aria-expanded=false]");
  opener?.click();
  if (own === null) popups.toggleFocus();
  const shown = own ?? ofCall(document.activeElement ?? focused);
  const text = shown?.querySelector<HTMLElement>(TEXT);
  text?.focus();
  return text !== null && text !== undefined;
}

function save(focused: Element) {
  if (!focused.matches(TEXT)) return false;
  focused.closest("form")?.requestSubmit();
  return true;
}

function callBack(focused: Element, { calls, dial, say }: Context) {
  const record = focused.closest("[data-testid=record-row]");
  if (record) return callRecord(focused, record, say);
  const call = calls.get(ofCall(focused)?.dataset.call ?? "");
  if (!call) return false;
  const number = dialable(call.remote);
  if (number === null) say(t("keys.noNumber"), "bad");
  else dial(number);
  return true;
}

/** Calls the number that has the focus, else the first one of the record. */
function callRecord(focused: Element, record: Element, say: Context["say"]) {
  const number = focused.closest(DIALS) ?? record.querySelector(DIALS);
  if (number instanceof HTMLElement) number.click();
  else say(t("keys.noNumber"), "bad");
  return true;
}

/** Closes the details of a call, and gives the focus to the button that opened them. */
function closeRow(focused: Element) {
  if (!focused.closest(".details")) return false;
  const opener = ofCall(focused)?.querySelector<HTMLElement>("[data-testid=row-open]");
  opener?.click();
  opener?.focus();
  return true;
}

/** Goes to the list of calls if another view is open; its keys count from there on. */
function missed(focused: Element, list: HTMLElement, { say }: Context) {
  if (!list.isConnected) return openCalls();
  const row = nextMissed(focused, list);
  if (row) focusRow(row);
  else say(t("keys.noMissed"), "good");
  return true;
}

/** Goes to the search of the view that is open, or to the calls if it has none. */
function search(content: HTMLElement) {
  const field = content.querySelector<HTMLInputElement>("[type=search]");
  if (field === null) return openCalls();
  field.focus();
  field.select();
  return true;
}

function openCalls() {
  if (place().name !== "calls") location.hash = address("calls").slice(1);
  return true;
}
