// The keys of the page, in one table: the keyboard acts by it, and the help shows it.

import type { Key } from "../i18n/messages";

export type Action =
  | "popup"
  | "comment"
  | "save"
  | "callBack"
  | "close"
  | "missed"
  | "next"
  | "previous"
  | "search"
  | "help";

export interface Binding {
  action: Action;
  /** As `KeyboardEvent.key` names them; `Ctrl+` is the command key of a Mac, too. */
  keys: readonly string[];
  words: Key;
}

/**
 * F2 is free in browsers and screen readers, and writes nothing in a field, as Alt and a letter do on a
 * Mac. The letters are for keyboards whose F2 dims the screen, and for everything else: they act
 * outside of fields only, and can be turned off (WCAG 2.1.4).
 */
export const BINDINGS: readonly Binding[] = [
  { action: "popup", keys: ["F2", "p"], words: "keys.popup" },
  { action: "comment", keys: ["c"], words: "keys.comment" },
  { action: "save", keys: ["Ctrl+Enter"], words: "keys.save" },
  { action: "callBack", keys: ["r"], words: "keys.callBack" },
  { action: "close", keys: ["Escape"], words: "keys.close" },
  { action: "missed", keys: ["n"], words: "keys.missed" },
  { action: "next", keys: ["ArrowDown", "j"], words: "keys.next" },
  { action: "previous", keys: ["ArrowUp", "k"], words: "keys.previous" },
  { action: "search", keys: ["/"], words: "keys.search" },
  { action: "help", keys: ["?"], words: "keys.help" },
];

/** Whether a key is one character, which somebody may type or say without meaning a command. */
export function isLetter(key: string) {
  return [...key].length === 1;
}

/** The action of a key press, or null. Letters count only if they are `on`. */
export function actionOf(event: KeyboardEvent, letters: boolean): Action | null {
  if (event.altKey) return null;
  const name = event.ctrlKey || event.metaKey ? `Ctrl+${event.key}` : event.key;
  if (isLetter(name) && !letters) return null;
  return BINDINGS.find(({ keys }) => keys.includes(name))?.action ?? null;
}
