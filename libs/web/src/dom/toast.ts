// A message that goes away by itself.

import { h, setText } from "./dom";

const SHOWN_MILLIS = 8000;
const OFFERED_MILLIS = 12_000;

export class Toast {
  #timer = 0;
  readonly element = h("p", {
    class: "toast",
    role: "status",
    hidden: true,
    "data-testid": "toast",
  });

  /** Shows a message with a button, which may be pressed until the message goes away. */
  offer(text: string, { words, run }: { words: string; run: () => void }) {
    this.say(text, "good", OFFERED_MILLIS);
    const pressed = () => {
      this.element.hidden = true;
      run();
    };
    const props = { type: "button", class: "button quiet", "data-testid": "toast-action" };
    this.element.append(h("button", { ...props, onclick: pressed }, words));
  }

  say(text: string, kind: "good" | "bad", millis = SHOWN_MILLIS) {
    window.clearTimeout(this.#timer);
    this.element.className = `toast ${kind}`;
    this.element.hidden = false;
    setText(this.element, text);
    this.#timer = window.setTimeout(() => this.#leave(millis), millis);
  }

  /** Hides the message, but not while somebody is about to press its button. */
  #leave(millis: number) {
    if (this.element.matches(":hover, :focus-within")) {
      this.#timer = window.setTimeout(() => this.#leave(millis), millis);
    } else this.element.hidden = true;
  }

  stop() {
    window.clearTimeout(this.#timer);
  }
}
