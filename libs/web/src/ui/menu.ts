// A button that opens a list of actions (the menu button pattern of ARIA).

import { html } from "lit";
import { nextId, PageElement } from "./element";
import { iconOf } from "./icon";

export interface MenuItem {
  words: string;
  action: () => void;
}

export class Menu extends PageElement {
  static override properties = {
    label: {},
    items: { attribute: false },
    open: { state: true },
  };
  declare label: string;
  declare items: MenuItem[];
  declare open: boolean;
  readonly #id = nextId("menu");

  constructor() {
    super();
    this.label = "";
    this.items = [];
    this.open = false;
    this.addEventListener("focusout", (event) => {
      if (!this.contains(event.relatedTarget as Node | null)) this.open = false;
    });
  }

  get #choices() {
    return [...this.querySelectorAll<HTMLElement>("[role=menuitem]")];
  }

  async #show(isOpen: boolean) {
    this.open = isOpen;
    await this.updateComplete;
    (isOpen ? this.#choices[0] : this.querySelector("button"))?.focus();
  }

  #onKey(event: KeyboardEvent) {
    const choices = this.#choices;
    const at = choices.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Escape") void this.#show(false);
    else if (to !== undefined && this.open) choices.at(to % choices.length)?.focus();
    else if (event.key === "ArrowDown") void this.#show(true);
    else return;
    event.preventDefault();
  }

  #choose(item: MenuItem) {
    void this.#show(false);
    item.action();
  }

  protected override render() {
    const items = this.items.map(
      (item) => html`<li role="none">
        <button type="button" role="menuitem" tabindex="-1" @click=${() => this.#choose(item)}>
          ${item.words}
        </button>
      </li>`,
    );
    return html`<div class="menu" @keydown=${this.#onKey}>
      <button
        type="button"
        class="button quiet"
        aria-haspopup="menu"
        aria-expanded=${this.open}
        aria-controls=${this.#id}
        @click=${() => this.#show(!this.open)}
      >
        ${this.label}${iconOf("chevron")}
      </button>
      <ul class="menu-items" role="menu" id=${this.#id} aria-label=${this.label} ?hidden=${!this.open}>
        ${items}
      </ul>
    </div>`;
  }
}

customElements.define("sc-menu", Menu);
