// The sources of a company that are read by schedule: their list, and the form of one.

import { html, nothing } from "lit";
import type { ImportRun, Source } from "../api/matcher";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import { isWanted } from "../ui/question";
import type { Column } from "../ui/table";
import "../ui/empty-state";
import "../ui/table";
import { isOpen, stateText } from "./run";
import { SourceApi } from "./source-api";
import { SourceForm, scheduleText } from "./source-form";
import { valuesOf } from "./source-values";

export class Sources {
  readonly #api: SourceApi;
  readonly #form: SourceForm;
  #sources: readonly Source[] | null = null;
  /** The latest run of each source, by its id. */
  #runs = new Map<string, ImportRun>();
  #failure: unknown = null;
  #isForm = false;
  #isReading = false;

  constructor(
    readonly context: Context,
    readonly changed: () => void,
    /** Called with a run that a person has begun or wants to see. */
    readonly opened: (run: ImportRun) => void,
  ) {
    this.#api = new SourceApi(context.api);
    this.#form = new SourceForm(this.#api, changed, this.#closed);
  }

  /** Reads the list, and the latest run of each source. */
  async read() {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      this.#sources = (await this.#api.list()).items;
      const ids = this.#sources.map((source) => source.last_run).filter(Boolean);
      const runs = await Promise.all(ids.map((id) => this.#latest(id)));
      this.#runs = new Map(runs.flatMap((run) => (run ? [[run.id, run] as const] : [])));
      this.#failure = null;
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#isReading = false;
    }
    this.changed();
  }

  /** The run with this id; null for one that is no longer kept. */
  async #latest(id: string): Promise<ImportRun | null> {
    const known = this.#runs.get(id);
    if (known && !isOpen(known) && known.state !== "held") return known;
    try {
      return await this.#api.latest(id);
    } catch {
      return known ?? null;
    }
  }

  tick() {
    if ([...this.#runs.values()].some(isOpen)) void this.read();
  }

  #edit = (source: Source | null) => {
    this.#form.show(source);
    this.#isForm = true;
    this.changed();
    document.getElementById("source-form-title")?.focus();
  };

  #closed = (source: Source | null) => {
    this.#isForm = false;
    if (source) this.context.say(t("sources.saved", { name: source.name }), "good");
    void this.read();
    this.changed();
    document.getElementById("sources-title")?.focus(); // the form that had the focus is gone
  };

  async #run({ id }: Source) {
    try {
      this.opened(await this.#api.run(id));
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
    await this.read();
  }

  async #remove({ id, name }: Source) {
    const question = {
      title: t("sources.removeTitle", { name }),
      lead: t("sources.removeLead"),
      yes: t("sources.remove"),
      testid: "source-remove",
      danger: true,
    };
    if (!(await isWanted(question))) return;
    try {
      await this.#api.remove(id);
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
    await this.read();
    document.getElementById("sources-title")?.focus();
  }

  draw() {
    return html`<section class="panel" aria-labelledby="sources-title" data-testid="sources">
      <header class="panel-head">
        <div>
          <h2 id="sources-title" tabindex="-1">${t("sources.title")}</h2>
          <p class="meta">${t("sources.lead")}</p>
        </div>
        ${
          this.#isForm
            ? nothing
            : html`<button type="button" class="button quiet" data-testid="source-add" @click=${() => this.#edit(null)}>
                ${iconOf("plus")}${t("sources.add")}
              </button>`
        }
      </header>
      ${this.#isForm ? html`<div class="panel-body">${this.#form.draw()}</div>` : this.#list()}
    </section>`;
  }

  #list() {
    if (this.#failure !== null)
      return html`<sc-empty-state bad .words=${reason(this.#failure)}></sc-empty-state>`;
    if (!this.#sources?.length) return nothing;
    return html`<sc-table
      class="people-table"
      .label=${t("sources.title")}
      .columns=${this.#columns()}
      .rows=${this.#sources}
      .key=${(source: Source) => source.id}
      .rowid=${"source"}
    ></sc-table>`;
  }

  #columns(): Column<Source>[] {
    return [
      { title: t("sources.name"), cell: nameCell },
      { title: t("sources.schedule"), cell: scheduleCell },
      { title: t("sources.latest"), cell: (source) => this.#latestCell(source) },
      { title: t("sources.actions"), unseen: true, cell: (source) => this.#actions(source) },
    ];
  }

  #latestCell({ last_run }: Source) {
    const run = this.#runs.get(last_run);
    if (!run) return html`<span class="none">–</span>`;
    return html`<button type="button" class="button quiet small" data-testid="source-latest" @click=${() => this.opened(run)}>
        ${when(run.requested_at)}
      </button>
      <span class="meta import-source" data-testid="source-state" data-state=${run.state}>${stateText(run)}</span>`;
  }

  #actions(source: Source) {
    const button = (name: "run" | "change" | "remove", click: () => void, kind = "") =>
      html`<button
        type="button"
        class="button quiet small ${kind}"
        data-testid="source-${name}"
        aria-label=${`${t(`sources.${name}`)}: ${source.name}`}
        @click=${click}
      >
        ${t(`sources.${name}`)}
      </button>`;
    return html`<div class="source-actions">
      ${button("run", () => void this.#run(source))} ${button("change", () => this.#edit(source))}
      ${button("remove", () => void this.#remove(source), "danger")}
    </div>`;
  }
}

function nameCell({ name, kind, address }: Source) {
  return html`<strong>${stranger(name)}</strong>
    <span class="meta import-source">${t(`sources.kind.${kind}`)}, ${stranger(hostOf(address))}</span>`;
}

function hostOf(address: string) {
  return URL.canParse(address) ? new URL(address).host : address;
}

function scheduleCell(source: Source) {
  const { schedule, at } = valuesOf(source);
  if (!source.active) return t("sources.paused");
  return html`${scheduleText(schedule, at)}
    ${source.next_at ? html`<span class="meta import-source">${t("sources.next", { when: when(source.next_at) })}</span>` : nothing}`;
}
