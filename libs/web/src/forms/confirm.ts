// A button that asks a question in its place before it acts.

import { html } from "lit";
import { t } from "../i18n/messages";
import { PageElement } from "../ui/element";

export class Confirm extends PageElement {
  static override properties = {
    label: {},
    question: {},
    testid: {},
    action: { attribute: false },
    danger: { type: Boolean },
    asking: { state: true },
    busy: { state: true },
  };
  declare label: string;
  declare question: string;
  declare testid: string;
  declare action: () => Promise<void>;
  /** Whether it cannot be undone; then the button is red. */
  declare danger: boolean;
  declare asking: boolean;
  declare busy: boolean;

  constructor() {
    super();
    this.label = this.question = this.testid = "";
    this.action = async () => undefined;
    this.danger = this.asking = this.busy = false;
  }

  async #show(isAsking: boolean) {
    this.asking = isAsking;
    await this.updateComplete;
    const focused = isAsking ? `${this.testid}-no` : this.testid;
    this.querySelector<HTMLElement>(`[data-testid="${focused}"]`)?.focus();
  }

  async #act() {
    this.busy = true;
    await this.action();
    this.busy = false;
    if (this.isConnected) await this.#show(false);
  }

  protected override render() {
    const looks = this.danger ? "danger" : "";
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") void this.#show(false);
    };
    return html`<button
        type="button"
        class="button quiet ${looks}"
        data-testid=${this.testid}
        ?hidden=${this.asking}
        @click=${() => void this.#show(true)}
      >
        ${this.label}
      </button>
      <span class="confirm" ?hidden=${!this.asking} @keydown=${onKey}>
        <span class="confirm-question" role="alert">${this.asking ? this.question : ""}</span>
        <button
          type="button"
          class="button ${looks}"
          data-testid="${this.testid}-yes"
          ?disabled=${this.busy}
          @click=${() => void this.#act()}
        >
          ${this.label}
        </button>
        <button
          type="button"
          class="button quiet"
          data-testid="${this.testid}-no"
          ?disabled=${this.busy}
          @click=${() => void this.#show(false)}
        >
          ${t("confirm.no")}
        </button>
      </span>`;
  }
}

customElements.define("sc-confirm", Confirm);
