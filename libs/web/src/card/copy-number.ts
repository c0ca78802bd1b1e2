// The button that copies the number of a caller.

import { html, render } from "lit";
import { copyText } from "../dom/copy";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

const COPIED_MILLIS = 2500;

export class CopyNumber {
  #number = "";
  #copied: boolean | null = null;
  #timer = 0;
  /** Selected on a page without TLS, where the browser copies selections only. */
  readonly #shown = h("span", { class: "unseen", "aria-hidden": "true" });
  readonly #status = h("span", { class: "unseen", role: "status" });
  readonly element = h("span", { class: "copy-number" });

  show(number: string) {
    if (number === this.#number) return;
    this.#number = number;
    this.#draw();
  }

  #draw() {
    this.#shown.textContent = this.#number;
    const label = t(this.#copied ? "copy.copied" : "copy.number");
    const button = html`<button
        type="button"
        class="icon-button small"
        aria-label=${label}
        title=${label}
        data-testid="copy-number"
        @click=${() => void this.#copy()}
      >
        ${iconOf(this.#copied ? "ended" : "copy")}
      </button>
      ${this.#shown}${this.#status}`;
    render(this.#number ? button : "", this.element);
  }

  async #copy() {
    const copied = await copyText(this.#number, this.#shown);
    this.#status.textContent = copied ? t("copy.copied") : t("copy.failed");
    this.#copied = copied;
    this.#draw();
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.stop(), COPIED_MILLIS);
  }

  /** Shows the button as it was before a click. */
  stop() {
    window.clearTimeout(this.#timer);
    this.#copied = null;
    this.#status.textContent = "";
    this.#draw();
  }
}
