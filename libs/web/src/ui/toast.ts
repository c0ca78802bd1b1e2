// A message that goes away by itself, but stays while the pointer or the focus is on it.

import { html } from "lit";
import { PageElement } from "./element";

const SHOWN_MILLIS = 8000;

export type ToastKind = "good" | "bad";

export class Toast extends PageElement {
  static override properties = { words: { state: true }, kind: { state: true } };
  declare words: string;
  declare kind: ToastKind;
  #timer = 0;

  constructor() {
    super();
    this.words = "";
    this.kind = "good";
  }

  /** Shows a message in place of the one before. */
  say(words: string, kind: ToastKind, millis = SHOWN_MILLIS) {
    window.clearTimeout(this.#timer);
    this.words = words;
    this.kind = kind;
    this.#timer = window.setTimeout(() => this.#leave(millis), millis);
  }

  #leave(millis: number) {
    if (this.matches(":hover, :focus-within")) {
      this.#timer = window.setTimeout(() => this.#leave(millis), millis);
    } else this.words = "";
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    window.clearTimeout(this.#timer);
  }

  protected override render() {
    return html`<p class="toast ${this.kind}" role="status" data-testid="toast" ?hidden=${this.words === ""}>${this.words}</p>`;
  }
}

customElements.define("sc-toast", Toast);
