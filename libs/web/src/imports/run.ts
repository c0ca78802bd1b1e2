// One import: its progress, its result, and what a person has to decide.

import { html, nothing } from "lit";
import type { ImportDetails, ImportRun } from "../api/matcher";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { stranger } from "../dom/stranger";
import { counted, language, t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import type { ImportApi } from "./import-api";
import { problemItem } from "./new-import";
import { download, reportText } from "./report";

const OPEN: readonly string[] = ["fetching", "waiting", "running"];
/** Problems that are shown; the report has all. */
const SHOWN = 20;

export function isOpen({ state }: ImportRun) {
  return OPEN.includes(state);
}

/** The import that was begun or opened last; it is read again each second until it has ended. */
export class ShownRun {
  #run: ImportDetails | null = null;
  #id = "";
  #isReading = false;

  constructor(
    readonly context: Context,
    readonly api: ImportApi,
    readonly changed: () => void,
    /** Called when the import has come to its end or to a question. */
    readonly ended: () => void,
  ) {}

  get id() {
    return this.#id;
  }

  show(run: ImportRun) {
    this.#id = run.id;
    this.#run = { ...run, problems: [] };
    void this.#read();
  }

  tick() {
    if (this.#run && isOpen(this.#run)) void this.#read();
  }

  async #read() {
    if (this.#isReading) return;
    this.#isReading = true;
    const before = this.#run;
    try {
      const run = await this.api.get(this.#id);
      if (run.id === this.#id) this.#run = run;
    } catch {
      // the next second tries again, and says nothing: the import itself goes on
    } finally {
      this.#isReading = false;
    }
    this.changed();
    if (before && isOpen(before) && this.#run && !isOpen(this.#run)) this.ended();
  }

  #act = (act: (run: string) => Promise<ImportRun>) => async () => {
    try {
      this.show(await act(this.#id));
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
    this.ended();
  };

  #download = async () => {
    try {
      const { problems, requested_at } = await this.api.problems(this.#id);
      download(reportText(problems), `import-${requested_at.slice(0, 10)}.csv`);
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
  };

  draw() {
    const run = this.#run;
    if (run === null) return nothing;
    return html`<section
      class="panel"
      aria-labelledby="import-run-title"
      data-testid="import-run"
      data-state=${run.state}
    >
      <header class="panel-head">
        <div>
          <h2 id="import-run-title" tabindex="-1">${stranger(run.file || run.source)}</h2>
          <p class="meta">${runLine(run)}</p>
        </div>
        ${
          isOpen(run)
            ? this.#button(
                "cancel",
                t("imports.cancel"),
                this.#act((id) => this.api.cancel(id)),
              )
            : nothing
        }
      </header>
      <div class="panel-body import-result">
        ${isOpen(run) ? progress(run) : nothing}
        <p role="status" data-testid="import-state">${stateText(run)}</p>
        ${counts(run)} ${run.state === "held" ? this.#question() : nothing} ${this.#problems(run)}
      </div>
    </section>`;
  }

  #question() {
    const { confirm, cancel } = this.api;
    return html`<div class="form-foot">
      ${this.#button("confirm", t("imports.confirm"), this.#act(confirm.bind(this.api)), "danger")}
      ${this.#button("keep", t("imports.keep"), this.#act(cancel.bind(this.api)))}
    </div>`;
  }

  #problems({ problems, rejected }: ImportDetails) {
    if (problems.length === 0) return nothing;
    const more = rejected - Math.min(problems.length, SHOWN);
    return html`<section class="import-problems" aria-labelledby="import-rejected-title">
      <h3 id="import-rejected-title">${t("imports.rejected")}</h3>
      <ul>
        ${problems.slice(0, SHOWN).map(problemItem)}
      </ul>
      ${more > 0 ? html`<p class="meta">${t("imports.moreProblems", { n: more })}</p>` : nothing}
      ${this.#button("report", t("imports.download"), this.#download)}
    </section>`;
  }

  #button(name: string, words: string, click: () => void, kind = "quiet") {
    return html`<button type="button" class="button ${kind}" data-testid="import-${name}" @click=${click}>
      ${words}
    </button>`;
  }
}

export function runLine({ source, source_id, requested_at, requested_by }: ImportRun) {
  const isScheduled = source_id !== "" && requested_by === source;
  if (isScheduled) return t("imports.lineScheduled", { source, when: when(requested_at) });
  return t("imports.line", { source, when: when(requested_at), who: requested_by });
}

/** How far an import is or how it ended, as a sentence. */
export function stateText(run: ImportRun) {
  const { state, code, params, rows_read, fetched } = run;
  const why = code ? problemText(code, params, code) : "";
  const read = counted("imports.read", rows_read);
  if (state === "fetching")
    return [counted("imports.fetched", fetched), why].filter(Boolean).join(" ");
  return [t(`imports.state.${state}`, { read }), why].filter(Boolean).join(" ");
}

function progress({ rows_read, fetched, state }: ImportRun) {
  const isFetching = state === "fetching";
  const read = isFetching
    ? counted("imports.fetched", fetched)
    : counted("imports.read", rows_read);
  return html`<progress data-testid="import-progress" aria-label=${t("imports.progress")}>${read}</progress>`;
}

const COUNTS = ["created", "updated", "unchanged", "rejected", "removed"] as const;

function counts(run: ImportRun) {
  const number = new Intl.NumberFormat(language());
  return html`<dl class="import-counts">
    ${COUNTS.filter((name) => name !== "removed" || run.complete).map(
      (name) => html`<div>
        <dt>${t(`imports.count.${name}`)}</dt>
        <dd data-testid="import-${name}">${number.format(run[name])}</dd>
      </div>`,
    )}
  </dl>`;
}
