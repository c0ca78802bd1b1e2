// Says why a list is empty, and what to do next.

import { html, nothing, type TemplateResult } from "lit";
import { PageElement } from "./element";

export class EmptyState extends PageElement {
  static override properties = {
    words: {},
    bad: { type: Boolean },
    action: { attribute: false },
  };
  declare words: string;
  /** Whether the list is empty because of a failure. */
  declare bad: boolean;
  /** A button or a link for the next step. */
  declare action: TemplateResult | null;

  constructor() {
    super();
    this.words = "";
    this.bad = false;
    this.action = null;
  }

  protected override render() {
    const role = this.bad ? "alert" : "status";
    return html`<div class="empty-state">
      <p class=${this.bad ? "empty bad" : "empty"} role=${role}>${this.words}</p>
      ${this.action ?? nothing}
    </div>`;
  }
}

customElements.define("sc-empty-state", EmptyState);
