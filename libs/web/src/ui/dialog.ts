// A dialog over the page, which keeps the focus inside until it is closed.

import { html, nothing, type TemplateResult } from "lit";
import { nextId, PageElement } from "./element";

export class Dialog extends PageElement {
  static override properties = {
    heading: {},
    content: { attribute: false },
    actions: { attribute: false },
  };
  declare heading: string;
  declare content: TemplateResult | null;
  /** The buttons at the bottom, the safe one first. */
  declare actions: TemplateResult | null;
  readonly #id = nextId("dialog");

  constructor() {
    super();
    this.heading = "";
    this.content = this.actions = null;
  }

  get #dialog() {
    return this.querySelector("dialog");
  }

  /** Shows the dialog; the browser gives the focus back when it closes. */
  async show() {
    await this.updateComplete;
    this.#dialog?.showModal();
  }

  close() {
    this.#dialog?.close();
  }

  protected override render() {
    const closed = () => this.dispatchEvent(new Event("closed"));
    return html`<dialog class="dialog" aria-labelledby=${this.#id} @close=${closed}>
      <h2 id=${this.#id}>${this.heading}</h2>
      ${this.content ?? nothing}
      <div class="dialog-actions">${this.actions ?? nothing}</div>
    </dialog>`;
  }
}

customElements.define("sc-dialog", Dialog);
