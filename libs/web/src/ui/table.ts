// A table whose rows keep their elements, and so the focus and what is open in them.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { PageElement } from "./element";

export interface Column<T> {
  title: string;
  cell: (row: T) => TemplateResult | string | number;
  /** Numbers are aligned at their end. */
  numeric?: boolean;
  /** The title is for screen readers only. */
  unseen?: boolean;
}

export class Table<T> extends PageElement {
  static override properties = {
    label: {},
    columns: { attribute: false },
    rows: { attribute: false },
    key: { attribute: false },
    rowid: {},
    empty: {},
  };
  /** The name of the table for screen readers. */
  declare label: string;
  declare columns: Column<T>[];
  declare rows: readonly T[];
  /** The key of a row: a row with the same key keeps its element. */
  declare key: (row: T) => unknown;
  /** The test id of each row, which has its key as `data-key`. */
  declare rowid: string;
  /** Shown in place of a table without rows. */
  declare empty: string;

  constructor() {
    super();
    this.label = this.empty = this.rowid = "";
    this.columns = [];
    this.rows = [];
    this.key = (row) => row;
  }

  protected override render() {
    if (this.rows.length === 0 && this.empty) {
      return html`<p class="empty" role="status">${this.empty}</p>`;
    }
    const title = ({ title, numeric, unseen }: Column<T>) =>
      html`<th scope="col" class=${numeric ? "numeric" : nothing}>
        ${unseen ? html`<span class="unseen">${title}</span>` : title}
      </th>`;
    return html`<div class="table-scroll" tabindex="0" role="group" aria-label=${this.label}>
      <table class="table" aria-label=${this.label}>
        <thead><tr>${this.columns.map(title)}</tr></thead>
        <tbody>${repeat(this.rows, this.key, (row) => this.#row(row))}</tbody>
      </table>
    </div>`;
  }

  #row(row: T) {
    const cell = ({ title, numeric, unseen, cell }: Column<T>) =>
      html`<td class=${numeric ? "numeric" : nothing} data-label=${unseen ? "" : title}>${cell(row)}</td>`;
    return html`<tr data-testid=${this.rowid || nothing} data-key=${String(this.key(row))}>${this.columns.map(cell)}</tr>`;
  }
}

customElements.define("sc-table", Table);
