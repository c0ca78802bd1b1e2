// Acts on the keys of the page, wherever the focus is.

import { recall, remember } from "../core/storage";
import { type Action, actionOf } from "./bindings";

/** They return false if there is nothing to do, so that the key keeps its own meaning. */
export type Actions = Record<Action, (focused: Element, key: string) => boolean>;

/** These act in fields, too; every other key belongs to the field. */
const IN_FIELDS: readonly Action[] = ["popup", "save", "close"];

const FIELD =
  "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])";

/** The down key leads from a search to what it has found. */
function actsInField(action: Action, field: Element) {
  return IN_FIELDS.includes(action) || (action === "next" && field.matches("[type=search]"));
}

/** Whether letters are keys; a choice of this browser. */
export function lettersAct() {
  return recall("letters") !== "off";
}

export function useLetters(isOn: boolean) {
  remember("letters", isOn ? null : "off");
}

export class Keyboard {
  constructor(readonly actions: Actions) {
    window.addEventListener("keydown", this.#onKey);
  }

  #onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const focused = document.activeElement ?? document.body;
    // a dialog has its own keys, and the page behind it must not move
    if (document.querySelector("dialog[open]")) return;
    const isField = focused.matches(FIELD);
    const action = actionOf(event, lettersAct() && !isField);
    if (action === null || (isField && !actsInField(action, focused))) return;
    if (this.actions[action](focused, event.key)) event.preventDefault();
  };

  stop() {
    window.removeEventListener("keydown", this.#onKey);
  }
}
