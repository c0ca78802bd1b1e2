// Shows texts of strangers, such as the name that a caller's telephone sends.

import { html, type TemplateResult } from "lit";

/** Characters that change the direction of the text behind them (UAX #9, section 2). */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** More marks on one letter than any language writes pile up over the lines around it. */
const PILED = /(\p{M}{4})\p{M}+/gu;
const CONTROL = /\p{Cc}+/gu;

/** The text on one line, in the order in which it was written, without piles of marks. */
export function plain(text: string) {
  return text.replace(DIRECTION, "").replace(PILED, "$1").replace(CONTROL, " ").trim();
}

/** The lines of a text, each like a text of its own. */
export function strangerLines(text: string): TemplateResult {
  return html`${text.split("\n").map((line) => html`<span class="line-of-text">${stranger(line)}</span>`)}`;
}

/** The text, isolated from the direction of the text around it. */
export function stranger(text: string): TemplateResult {
  return html`<bdi class="stranger">${plain(text)}</bdi>`;
}
