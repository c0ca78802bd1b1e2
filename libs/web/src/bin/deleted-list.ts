// A list of deleted things of one kind, each of which can be restored.

import { html, render, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import type { Page } from "../core/types";
import type { View } from "../core/view";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { deletion, type Names, restoreButton } from "./deletion";

interface Deleted {
  id: string;
  deleted_at: string | null;
  deleted_by: string | null;
}

export interface Kind<T> {
  testid: string;
  rowid: string;
  title: string;
  empty: string;
  read: (cursor: string | null) => Promise<Page<T>>;
  /** The columns that say what was deleted. */
  columns: { title: string; cell: (item: T) => TemplateResult | string }[];
  /** The words for one of them in the label of its button. */
  label: (item: T) => string;
  /** Takes it out of the bin; returns the words that say so. */
  restore: (item: T) => Promise<string>;
}

export class DeletedList<T extends Deleted> implements View {
  readonly #list: PagedList<T>;
  readonly element: HTMLElement;

  constructor(
    readonly context: Context,
    readonly names: Names,
    readonly kind: Kind<T>,
  ) {
    this.element = panelOf(kind.testid, `${kind.testid}-title`);
    this.#list = new PagedList<T>({ read: kind.read, changed: () => this.draw() });
    void this.#list.read();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    this.#list.stop();
  }

  draw() {
    const { testid, title, empty } = this.kind;
    const words = {
      loading: t("loading"),
      empty,
      failed: (error: unknown) => t("bin.failed", { why: reason(error) }),
      more: t("records.next"),
      retry: t("history.retry"),
    };
    render(
      html`<header class="panel-head">
          <h2 id="${testid}-title">${title}</h2>
        </header>
        ${pagedRows(this.#list, words, (items) => this.#table(items))}`,
      this.element,
    );
  }

  #table(items: readonly T[]) {
    const columns: Column<T>[] = [
      ...this.kind.columns,
      {
        title: t("bin.deletedAt"),
        cell: ({ deleted_at, deleted_by }) => deletion(deleted_at, deleted_by, this.names),
      },
      { title: t("bin.restore"), unseen: true, cell: (item) => this.#restorer(item) },
    ];
    return html`<sc-table
      label=${this.kind.title}
      rowid=${this.kind.rowid}
      .columns=${columns}
      .rows=${items}
      .key=${(item: T) => item.id}
    ></sc-table>`;
  }

  #restorer(item: T) {
    return restoreButton(this.kind.label(item), (button) => void this.#restore(item, button));
  }

  async #restore(item: T, button: HTMLButtonElement) {
    button.disabled = true;
    try {
      const words = await this.kind.restore(item);
      this.#list.remove(item);
      this.context.say(words, "good");
    } catch (error) {
      button.disabled = false;
      this.context.say(t("bin.notRestored", { why: reason(error) }), "bad");
    }
  }
}
