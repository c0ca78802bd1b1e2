// The organisation of a record: a text, with the record of an organisation that has this name.

import { html } from "lit";
import { isSearchable } from "../calls/filter";
import { PageElement } from "../ui/element";
import type { ControlAttributes } from "../ui/form-field";
import type { RecordApi } from "./record-api";

const TYPING_MILLIS = 250;
/** Organisations that are offered; a longer text finds the others. */
const OFFERED = 10;

export interface Organization {
  organization: string;
  /** The id of the record with this name; empty if there is none. */
  organization_record: string;
}

export class OrganizationField extends PageElement {
  static override properties = {
    api: { attribute: false },
    shown: { attribute: false },
    control: { attribute: false },
    names: { state: true },
  };
  declare api: RecordApi;
  /** The organisation at the start; a later one is in the field. */
  declare shown: Organization;
  declare control: ControlAttributes;
  /** The names that the browser offers. */
  declare names: readonly string[];
  /** The ids of the records that are known so far, by name. */
  readonly #ids = new Map<string, string>();
  #timer = 0;

  constructor() {
    super();
    this.names = [];
  }

  get entered(): Organization {
    const organization = this.querySelector("input")?.value.trim() ?? "";
    return { organization, organization_record: this.#ids.get(organization) ?? "" };
  }

  protected override firstUpdated() {
    const { organization, organization_record: id } = this.shown;
    if (id) this.#ids.set(organization, id);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    window.clearTimeout(this.#timer);
  }

  #onInput = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.#timer);
    if (!isSearchable(value) || this.#ids.has(value.trim())) return;
    this.#timer = window.setTimeout(() => void this.#find(value), TYPING_MILLIS);
  };

  /** Offers the organisations that have this in their name. Without them the text is kept alone. */
  async #find(q: string) {
    try {
      const { items } = await this.api.list({ q, type: "organization", limit: OFFERED });
      for (const { id, name } of items) this.#ids.set(name, id);
      this.names = items.map(({ name }) => name);
    } catch {
      // as above
    }
  }

  protected override render() {
    const { id, describedby, invalid } = this.control;
    return html`<input
        id=${id}
        name="organization"
        data-testid="organization"
        type="text"
        .value=${this.shown.organization}
        maxlength="200"
        autocomplete="off"
        spellcheck="false"
        list="${id}-list"
        aria-describedby=${describedby}
        aria-invalid=${invalid}
        @input=${this.#onInput}
      /><datalist id="${id}-list">
        ${this.names.map((name) => html`<option value=${name}></option>`)}
      </datalist>`;
  }
}

customElements.define("sc-organization", OrganizationField);
