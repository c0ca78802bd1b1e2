// A panel with a title: one subject of a view.

import { html, nothing, type TemplateResult } from "lit";
import { nextId, PageElement } from "./element";

export class Card extends PageElement {
  static override properties = {
    heading: {},
    lead: {},
    actions: { attribute: false },
    content: { attribute: false },
  };
  declare heading: string;
  /** One sentence under the title. */
  declare lead: string;
  /** Buttons or a filter, next to the title. */
  declare actions: TemplateResult | null;
  declare content: TemplateResult | null;
  readonly #id = nextId("card");

  constructor() {
    super();
    this.heading = this.lead = "";
    this.actions = this.content = null;
  }

  protected override render() {
    return html`<section class="panel" aria-labelledby=${this.#id}>
      <header class="panel-head">
        <div>
          <h2 id=${this.#id}>${this.heading}</h2>
          ${this.lead ? html`<p class="meta">${this.lead}</p>` : nothing}
        </div>
        ${this.actions ?? nothing}
      </header>
      <div class="panel-body">${this.content ?? nothing}</div>
    </section>`;
  }
}

customElements.define("sc-card", Card);
