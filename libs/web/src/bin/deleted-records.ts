// The deleted records of the directory.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import type { DirectoryRecord } from "../core/types";
import type { View } from "../core/view";
import { typeText } from "../directory/matches";
import { RecordApi } from "../directory/record-api";
import { plain, stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { deletion, type Names, restoreButton } from "./deletion";

export class DeletedRecords implements View {
  readonly #api: RecordApi;
  readonly #list: PagedList<DirectoryRecord>;
  readonly element = panelOf("deleted-records", "deleted-records-title");

  constructor(
    readonly context: Context,
    readonly names: Names,
  ) {
    this.#api = new RecordApi(context.api);
    this.#list = new PagedList<DirectoryRecord>({
      read: (cursor) => this.#api.deleted(cursor),
      changed: () => this.draw(),
    });
    void this.#list.read();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    this.#list.stop();
  }

  draw() {
    const words = {
      loading: t("loading"),
      empty: t("bin.emptyRecords"),
      failed: (error: unknown) => t("bin.failed", { why: reason(error) }),
      more: t("records.next"),
      retry: t("history.retry"),
    };
    render(
      html`<header class="panel-head">
          <h2 id="deleted-records-title">${t("bin.records")}</h2>
        </header>
        ${pagedRows(this.#list, words, (records) => this.#table(records))}`,
      this.element,
    );
  }

  #table(records: readonly DirectoryRecord[]) {
    const columns: Column<DirectoryRecord>[] = [
      { title: t("record.name"), cell: ({ name }) => stranger(name) },
      { title: t("record.type"), cell: ({ type }) => typeText(type) },
      {
        title: t("bin.deletedAt"),
        cell: (record) => deletion(record.deleted_at, record.deleted_by, this.names),
      },
      { title: t("bin.restore"), unseen: true, cell: (record) => this.#restorer(record) },
    ];
    return html`<sc-table
      label=${t("bin.records")}
      rowid="bin-record"
      .columns=${columns}
      .rows=${records}
      .key=${(record: DirectoryRecord) => record.id}
    ></sc-table>`;
  }

  #restorer(record: DirectoryRecord) {
    const restore = (button: HTMLButtonElement) => void this.#restore(record, button);
    return restoreButton(plain(record.name), restore);
  }

  async #restore(record: DirectoryRecord, button: HTMLButtonElement) {
    button.disabled = true;
    try {
      await this.#api.restore(record.id);
      this.#list.remove(record);
      this.context.say(t("bin.restoredRecord", { name: plain(record.name) }), "good");
    } catch (error) {
      button.disabled = false;
      this.context.say(t("bin.notRestored", { why: reason(error) }), "bad");
    }
  }
}
