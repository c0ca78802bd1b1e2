// A list that the server gives page by page: its state, and what is shown around its rows.

import { html, nothing, type TemplateResult } from "lit";
import type { Page } from "../core/types";
import "./empty-state";

const SKELETON_ROWS = 5;

export interface PagedOptions<T> {
  /** Reads the first page, or the one of a cursor. */
  read: (cursor: string | null) => Promise<Page<T>>;
  /** Draws the list; called after each change. */
  changed: () => void;
}

/** The pages that were read so far. The newest of several requests counts. */
export class PagedList<T> {
  items: T[] = [];
  next: string | null = null;
  isBusy = false;
  isLoaded = false;
  /** Why the newest request failed, or null. */
  failure: unknown = null;
  #request = 0;

  constructor(readonly options: PagedOptions<T>) {}

  /** Reads the first page, which replaces the list. */
  read = () => this.#read(null);

  /** Reads the next page, if there is one. */
  readMore = () => (this.next === null ? Promise.resolve() : this.#read(this.next));

  async #read(cursor: string | null) {
    const request = ++this.#request;
    this.isBusy = true;
    this.options.changed();
    try {
      const page = await this.options.read(cursor);
      if (request !== this.#request) return;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.next = page.next;
      this.isLoaded = true;
      this.failure = null;
    } catch (error) {
      if (request === this.#request) this.failure = error;
    } finally {
      if (request === this.#request) {
        this.isBusy = false;
        this.options.changed();
      }
    }
  }

  /** Takes an item out, for one that was deleted or restored. */
  remove(item: T) {
    this.items = this.items.filter((other) => other !== item);
    this.options.changed();
  }

  /** Puts a changed item in the place of the one before. */
  replace(item: T, changed: T) {
    this.items = this.items.map((other) => (other === item ? changed : other));
    this.options.changed();
  }

  /** Ignores the answers that are still to come. */
  stop() {
    this.#request += 1;
  }
}

export interface PagedWords {
  loading: string;
  empty: string;
  failed: (error: unknown) => string;
  more: string;
  retry: string;
}

/** The rows of a list, or why there are none, and the button for the next page. */
export function pagedRows<T>(
  list: PagedList<T>,
  words: PagedWords,
  rows: (items: readonly T[]) => TemplateResult,
  /** The next step for an empty list, such as a button that takes the filter away. */
  action: TemplateResult | null = null,
  /** A button for all rows, next to that for the next page. */
  foot: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const { items, isBusy, isLoaded, failure, next } = list;
  const isEmpty = items.length === 0;
  const button = (label: string, read: () => void) =>
    html`<button type="button" class="button quiet" data-testid="list-more" ?disabled=${isBusy} @click=${read}>
      ${label}
    </button>`;
  const state = () => {
    if (failure !== null)
      return html`<p class="empty bad" role="alert">${words.failed(failure)}</p>`;
    if (!isLoaded) return skeletonRows(words.loading);
    return html`<sc-empty-state words=${words.empty} .action=${action}></sc-empty-state>`;
  };
  return html`
    ${isEmpty ? nothing : rows(items)} ${isEmpty || failure !== null ? state() : nothing}
    <div class="panel-foot">
      ${foot}
      ${failure !== null ? button(words.retry, list.read) : nothing}
      ${failure === null && next !== null ? button(words.more, list.readMore) : nothing}
    </div>
  `;
}

/** Grey rows in the place of those that are being read. */
export function skeletonRows(loading: string): TemplateResult {
  const row = html`<div class="skeleton-row"><span></span><span></span><span></span><span></span></div>`;
  return html`<div class="skeleton-rows" role="status" aria-label=${loading}>
    ${Array.from({ length: SKELETON_ROWS }, () => row)}
  </div>`;
}
