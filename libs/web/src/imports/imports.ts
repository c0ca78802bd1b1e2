// The imports of a company, for administrators: a new one, the one that runs, and earlier ones.

import { html, render } from "lit";
import type { ImportRun } from "../api/matcher";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { stranger } from "../dom/stranger";
import { titleView } from "../dom/title";
import { language, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { listAddress } from "../records/back";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { ImportApi } from "./import-api";
import { NewImport } from "./new-import";
import { isOpen, ShownRun, stateText } from "./run";
import { Sources } from "./sources";

export class ImportsPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "imports" });
  readonly #list: PagedList<ImportRun>;
  readonly #new: NewImport;
  readonly #shown: ShownRun;
  readonly #sources: Sources;

  constructor(readonly context: Context) {
    const api = new ImportApi(context.api);
    const draw = () => this.#draw();
    this.#list = new PagedList<ImportRun>({ read: (cursor) => api.list(cursor), changed: draw });
    this.#shown = new ShownRun(context, api, draw, () => this.again());
    this.#sources = new Sources(context, draw, (run) => this.#begun(run));
    this.#new = new NewImport(api, draw, (run) => this.#begun(run));
    titleView(t("imports.title"));
    void this.#read();
  }

  again() {
    void this.#list.read();
    void this.#sources.read();
  }

  tick() {
    this.#shown.tick();
    this.#sources.tick();
  }

  stop() {
    this.#list.stop();
  }

  /** Shows the import that still runs or waits for somebody, and offers the source of the last one. */
  async #read() {
    void this.#sources.read();
    await this.#list.read();
    const undecided = this.#list.items.find((run) => isOpen(run) || run.state === "held");
    if (undecided && this.#shown.id === "") this.#shown.show(undecided);
    this.#new.offered = this.#list.items.find((run) => run.source_id === "")?.source ?? "";
    this.#draw();
  }

  #begun(run: ImportRun) {
    const input = this.element.querySelector<HTMLInputElement>("input[type=file]");
    if (input) input.value = "";
    this.#open(run);
    void this.#list.read();
  }

  /** Shows a run, and moves the focus there: it stands above the list. */
  #open(run: ImportRun) {
    this.#shown.show(run);
    this.#draw();
    this.element.querySelector<HTMLElement>("#import-run-title")?.focus();
  }

  #draw() {
    const words = {
      loading: t("loading"),
      empty: t("imports.none"),
      failed: (error: unknown) => t("imports.failed", { why: reason(error) }),
      more: t("imports.more"),
      retry: t("history.retry"),
    };
    render(
      html`<a class="back" href=${listAddress(this.context.user.id)} data-testid="records-back"
          >${t("records.back")}</a
        >
        <section class="panel" aria-labelledby="imports-title">
          <header class="panel-head">
            <div>
              <h2 id="imports-title">${t("imports.title")}</h2>
              <p class="meta">${t("imports.lead")}</p>
            </div>
          </header>
          <div class="panel-body">${this.#new.draw()}</div>
        </section>
        ${this.#shown.draw()} ${this.#sources.draw()}
        <section class="panel" aria-labelledby="imports-earlier-title">
          <header class="panel-head">
            <h2 id="imports-earlier-title">${t("imports.earlier")}</h2>
          </header>
          ${pagedRows(this.#list, words, (runs) => this.#table(runs))}
        </section>`,
      this.element,
    );
  }

  #table(runs: readonly ImportRun[]) {
    const number = new Intl.NumberFormat(language());
    const columns: Column<ImportRun>[] = [
      { title: t("imports.file"), cell: (run) => this.#fileCell(run) },
      { title: t("imports.when"), cell: ({ requested_at }) => when(requested_at) },
      { title: t("imports.result"), cell: stateText },
      {
        title: t("imports.count.created"),
        numeric: true,
        cell: ({ created }) => number.format(created),
      },
      {
        title: t("imports.count.updated"),
        numeric: true,
        cell: ({ updated }) => number.format(updated),
      },
      {
        title: t("imports.count.rejected"),
        numeric: true,
        cell: ({ rejected }) => number.format(rejected),
      },
    ];
    return html`<sc-table
      class="people-table"
      label=${t("imports.earlier")}
      rowid="import-earlier"
      .columns=${columns}
      .rows=${runs}
      .key=${(run: ImportRun) => run.id}
    ></sc-table>`;
  }

  #fileCell(run: ImportRun) {
    return html`<button type="button" class="button quiet small" data-testid="import-open" @click=${() => this.#open(run)}>
        ${stranger(run.file || run.source)}
      </button>
      <span class="meta import-source">${stranger(run.source)}</span>`;
  }
}
