// A table: a sender's names of lines and their extensions, or numbers with their uses and extension digits.

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { t } from "../i18n/messages";
import { nextId, PageElement } from "../ui/element";
import { iconOf } from "../ui/icon";

type Entry = readonly [first: string, second: string, digits?: number];

interface Row {
  id: number;
  entry: Entry;
}

export class Lines extends PageElement {
  static override properties = {
    entries: { attribute: false },
    first: {},
    second: {},
    digits: {},
    adds: {},
    optional: { type: Boolean },
    suggestions: { attribute: false },
    rows: { state: true },
  };
  /** The entries at the start; later ones are in the fields. */
  declare entries: readonly Entry[];
  /** The labels of the two columns. */
  declare first: string;
  declare second: string;
  /** The label of a third column with a count of digits; empty if there is none. */
  declare digits: string;
  /** The words of the button that adds a row. */
  declare adds: string;
  /** Whether the second field may be empty. */
  declare optional: boolean;
  /** Values that the browser offers for the second field. */
  declare suggestions: readonly string[];
  declare rows: readonly Row[];
  readonly #list = nextId("lines");
  #last = 0;

  constructor() {
    super();
    this.entries = [];
    this.first = this.second = this.digits = "";
    this.adds = t("lines.add");
    this.optional = false;
    this.suggestions = [];
    this.rows = [];
  }

  protected override firstUpdated() {
    const entries = this.entries.length > 0 ? this.entries : ([["", ""]] as const);
    this.rows = entries.map((entry) => this.#row(entry));
  }

  /** Waits for the fields of the first entries too. */
  protected override async getUpdateComplete() {
    let isDone = await super.getUpdateComplete();
    while (!isDone) isDone = await super.getUpdateComplete();
    return isDone;
  }

  #row(entry: Entry): Row {
    this.#last += 1;
    return { id: this.#last, entry };
  }

  async #add() {
    this.rows = [...this.rows, this.#row(["", ""])];
    await this.updateComplete;
    this.querySelector<HTMLElement>("li:last-child input")?.focus();
  }

  /** The focus goes to the row in the place of the one that is gone, else to the button that adds one. */
  async #remove(row: Row) {
    const at = this.rows.indexOf(row);
    this.rows = this.rows.filter((each) => each !== row);
    await this.updateComplete;
    const inputs = this.querySelectorAll<HTMLElement>("li > input:first-child");
    (inputs[Math.min(at, inputs.length - 1)] ?? this.#adder)?.focus();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  get #adder() {
    return this.querySelector<HTMLElement>("[data-testid=line-add]");
  }

  /** The rows with both fields filled in, or the first if the second is optional. */
  value(): [string, string, number][] {
    const rows = [...this.querySelectorAll("li")].map((row) => {
      const [first, second, digits] = [...row.querySelectorAll("input")].map((each) =>
        each.value.trim(),
      );
      return [first ?? "", second ?? "", Number(digits) || 0] as [string, string, number];
    });
    return rows.filter(([first, second]) => first && (second || this.optional));
  }

  protected override render() {
    const list = this.suggestions.length > 0 ? this.#list : undefined;
    return html`<ul class="lines">
        ${repeat(
          this.rows,
          ({ id }) => id,
          (row) => html`<li class="line-row">
            ${input(row.entry[0], this.first, "line-name", 128)}
            ${this.optional ? nothing : html`<span class="arrow">→</span>`}
            ${input(row.entry[1], this.second, "line-extension", this.optional ? 50 : 100, list)}
            ${this.digits ? digitsInput(row.entry[2], this.digits) : nothing}
            <button
              type="button"
              class="icon-button"
              aria-label=${t("lines.remove")}
              data-testid="line-remove"
              @click=${() => void this.#remove(row)}
            >
              ${iconOf("close")}
            </button>
          </li>`,
        )}
      </ul>
      <button
        type="button"
        class="button quiet"
        data-testid="line-add"
        @click=${() => void this.#add()}
      >
        ${iconOf("plus")}${this.adds}
      </button>
      <datalist id=${this.#list}>
        ${this.suggestions.map((each) => html`<option value=${each}></option>`)}
      </datalist>`;
  }
}

/** Its name is that of its test, since a form compares the values of its named fields. */
function input(value: string, label: string, testid: string, maxlength: number, list?: string) {
  return html`<input
    .value=${value}
    maxlength=${maxlength}
    placeholder=${label}
    aria-label=${label}
    autocomplete="off"
    data-testid=${testid}
    name=${testid}
    list=${list ?? nothing}
  />`;
}

function digitsInput(value: number | undefined, label: string) {
  return html`<input
    type="number"
    min="0"
    max="5"
    class="line-digits"
    .value=${value ? String(value) : ""}
    placeholder=${label}
    aria-label=${label}
    title=${label}
    autocomplete="off"
    data-testid="line-digits"
    name="line-digits"
  />`;
}

customElements.define("sc-lines", Lines);
