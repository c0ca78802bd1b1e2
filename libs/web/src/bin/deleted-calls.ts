// The deleted calls, and those whose end was never reported.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { isSearchable } from "../calls/filter";
import { callerText, numberText, when, who } from "../calls/format";
import { shownState } from "../calls/result";
import { resultPill } from "../calls/status";
import { keepFilter, placeFilter } from "../core/place";
import type { Call } from "../core/types";
import type { View } from "../core/view";
import { filterForm, searchInput } from "../forms/filter";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { deletion, type Names, restoreButton } from "./deletion";

const PAGE = 50;
const ALL = { q: "" };
const TYPING_MILLIS = 350;

export class DeletedCalls implements View {
  #q = placeFilter(ALL).q;
  #typing = 0;
  readonly #list: PagedList<Call>;
  readonly element = panelOf("bin", "bin-title");

  constructor(
    readonly context: Context,
    readonly names: Names,
  ) {
    const { api } = context;
    this.#list = new PagedList<Call>({
      read: (cursor) => {
        const q = isSearchable(this.#q) ? this.#q : null;
        return api.ask("GET /api/recycle-bin", { query: { q, limit: PAGE, cursor } });
      },
      changed: () => this.draw(),
    });
    void this.#list.read();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    window.clearTimeout(this.#typing);
    this.#list.stop();
  }

  draw() {
    const words = {
      loading: t("loading"),
      empty: t(this.#q ? "bin.emptySearch" : "bin.empty"),
      failed: (error: unknown) => t("bin.failed", { why: reason(error) }),
      more: t("history.more"),
      retry: t("history.retry"),
    };
    const view = html`
      <header class="panel-head">
        <div>
          <h2 id="bin-title">${t("bin.title")}</h2>
          <p class="meta">${t("bin.lead")}</p>
        </div>
        ${this.#search()}
      </header>
      ${pagedRows(this.#list, words, (calls) => this.#table(calls))}
    `;
    render(view, this.element);
  }

  #search() {
    const typed = (text: string) => {
      this.#q = text;
      window.clearTimeout(this.#typing);
      this.#typing = window.setTimeout(() => this.#find(), TYPING_MILLIS);
    };
    return filterForm(searchInput({ label: t("bin.search"), value: this.#q, typed }), "search");
  }

  #find() {
    keepFilter("bin", { q: this.#q }, ALL);
    void this.#list.read();
  }

  #table(calls: readonly Call[]) {
    const own = this.context.user.extensions;
    const columns: Column<Call>[] = [
      { title: t("history.status"), cell: (call) => resultPill(shownState(call, own)) },
      { title: t("history.who"), cell: caller },
      { title: t("history.when"), cell: (call) => when(call.started_at) },
      {
        title: t("bin.deletedAt"),
        cell: (call) => deletion(call.deleted_at, call.deleted_by, this.names),
      },
      { title: t("bin.restore"), unseen: true, cell: (call) => this.#restorer(call) },
    ];
    return html`<sc-table
      label=${t("bin.title")}
      rowid="bin-row"
      .columns=${columns}
      .rows=${calls}
      .key=${(call: Call) => call.id}
    ></sc-table>`;
  }

  #restorer(call: Call) {
    return restoreButton(callerText(call), (button) => void this.#restore(call, button));
  }

  async #restore(call: Call, button: HTMLButtonElement) {
    button.disabled = true;
    try {
      this.context.calls.restored(await this.context.callApi.restore(call.id));
      this.#list.remove(call);
      this.context.say(t("bin.restored"), "good");
      void this.context.reload();
    } catch (error) {
      button.disabled = false;
      this.context.say(t("bin.notRestored", { why: reason(error) }), "bad");
    }
  }
}

function caller(call: Call) {
  const { name } = who(call);
  const line = call.extension && t("extension", { extension: call.extension });
  return html`<span class="who">
    <bdi class="who-name">${name || numberText(call.remote)}</bdi>
    <span class="meta">${[name && numberText(call.remote), line].filter(Boolean).join(" · ")}</span>
  </span>`;
}
