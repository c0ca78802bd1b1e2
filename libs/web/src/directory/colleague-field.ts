// A login or a team of a colleague, which administrators choose by name.

import { html, nothing } from "lit";
import { stranger } from "../dom/stranger";
import { PageElement } from "../ui/element";
import type { ControlAttributes } from "../ui/form-field";

/** A text that the browser offers, and what it means. */
export interface Suggestion {
  value: string;
  words: string;
}

export class ColleagueField extends PageElement {
  static override properties = {
    name: {},
    shown: {},
    control: { attribute: false },
    find: { attribute: false },
    found: { state: true },
    entered: { state: true },
  };
  declare name: string;
  /** The text at the start; a later one is in the field. */
  declare shown: string;
  declare control: ControlAttributes;
  /** Reads what is offered, once somebody goes to the field. */
  declare find: () => Promise<readonly Suggestion[]>;
  declare found: readonly Suggestion[];
  declare entered: string;

  constructor() {
    super();
    this.found = [];
  }

  protected override firstUpdated() {
    this.entered = this.shown;
    if (this.shown) void this.#read();
  }

  #read = async () => {
    this.found = await this.find();
  };

  #onInput = (event: Event) => {
    this.entered = (event.target as HTMLInputElement).value.trim();
  };

  protected override render() {
    const { id, describedby, invalid } = this.control;
    const chosen = this.found.find(({ value }) => value === this.entered);
    return html`<input
        id=${id}
        name=${this.name}
        data-testid=${this.name}
        type="text"
        .value=${this.shown}
        maxlength="200"
        autocomplete="off"
        spellcheck="false"
        list="${id}-list"
        aria-describedby=${describedby}
        aria-invalid=${invalid}
        @focus=${this.#read}
        @input=${this.#onInput}
      /><datalist id="${id}-list">
        ${this.found.map(
          ({ value, words }) => html`<option value=${value} label=${words || nothing}></option>`,
        )}
      </datalist>
      ${
        chosen?.words
          ? html`<p class="meta" role="status" data-testid="${this.name}-name">${stranger(chosen.words)}</p>`
          : nothing
      }`;
  }
}

customElements.define("sc-colleague", ColleagueField);
