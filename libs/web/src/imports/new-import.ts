// A file that is chosen, looked at and imported.

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import type { ImportPreview, ImportRun, PreviewRow } from "../api/matcher";
import { stranger } from "../dom/stranger";
import { counted, t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import { columnChoices, fileFacts } from "./columns";
import { type Choices, FOUND, type ImportApi } from "./import-api";
import { placeText, sentence } from "./report";

const SHOWN = 8;

export class NewImport {
  #file: File | null = null;
  #source = "";
  #isTyped = false;
  #complete = false;
  #choices = FOUND;
  #preview: ImportPreview | null = null;
  /** The source whose mapping the preview shows. */
  #previewed = "";
  #failure = "";
  #isBusy = false;
  #request = 0;

  constructor(
    readonly api: ImportApi,
    readonly changed: () => void,
    readonly started: (run: ImportRun) => void,
  ) {}

  /** The source that is offered with a file if nobody has typed one. */
  offered = "";

  #choose(file: File | null) {
    this.#file = file;
    this.#choices = FOUND;
    this.#preview = null;
    this.#complete = false;
    if (file && !this.#isTyped) this.#source = this.offered || stem(file.name);
    void this.#read();
  }

  #change = (changes: Partial<Choices>) => {
    this.#choices = { ...this.#choices, ...changes };
    void this.#read();
  };

  /**
   * Reads the file as it is chosen now. The button stays enabled if only the source was typed: the
   * click on it is what makes the browser tell of the change.
   */
  async #read(isQuiet = false) {
    const request = ++this.#request;
    this.#failure = "";
    if (!isQuiet) this.#isBusy = this.#file !== null;
    this.changed();
    if (this.#file === null) return;
    const source = this.#source.trim();
    try {
      const preview = await this.api.preview(this.#file, source, this.#choices);
      if (request === this.#request) [this.#preview, this.#previewed] = [preview, source];
    } catch (error) {
      if (request === this.#request) this.#fail(error);
    }
    if (request === this.#request) this.#isBusy = false;
    this.changed();
  }

  /** Whether the preview is that of the source. A mapping that nobody has seen is shown first. */
  async #isAsShown({ mapping }: ImportPreview) {
    if (this.#choices.mapping !== null || this.#source.trim() === this.#previewed) return true;
    await this.#read();
    const isOfSource = this.#failure === "" && this.#source.trim() === this.#previewed;
    return isOfSource && JSON.stringify(this.#preview?.mapping) === JSON.stringify(mapping);
  }

  #fail(error: unknown) {
    this.#failure = reason(error);
  }

  #start = async (event: Event) => {
    event.preventDefault();
    const [file, preview] = [this.#file, this.#preview];
    if (!file || !preview || this.#isBusy) return;
    if (!(await this.#isAsShown(preview))) return;
    this.#request += 1; // a preview that is still to come is of no use any more
    this.#isBusy = true;
    this.#failure = "";
    this.changed();
    try {
      // as it was shown, whatever else is imported for the source meanwhile
      const mapping = preview.kind === "vcard" ? null : preview.mapping;
      const choices = { ...this.#choices, mapping };
      const run = await this.api.start(file, this.#source.trim(), choices, this.#complete);
      this.#file = this.#preview = null;
      this.#complete = this.#isTyped = false;
      this.started(run);
    } catch (error) {
      this.#fail(error);
    }
    this.#isBusy = false;
    this.changed();
  };

  draw() {
    const chosen = (event: Event) =>
      this.#choose((event.target as HTMLInputElement).files?.[0] ?? null);
    const typed = (event: Event) => {
      this.#source = (event.target as HTMLInputElement).value;
      this.#isTyped = this.#source !== "";
    };
    const named = () => {
      if (this.#choices.mapping === null) void this.#read(true);
    };
    return html`<form class="form import-form" data-testid="import-form" @submit=${this.#start}>
      <div class="form-grid">
        <label class="field">
          <span class="field-label">${t("imports.file")}</span>
          <input
            type="file"
            accept=".csv,.txt,.xlsx,.vcf,text/csv,text/vcard"
            data-testid="import-file"
            aria-describedby="import-file-hint"
            @change=${chosen}
          />
          <span class="hint" id="import-file-hint">${t("imports.fileHint")}</span>
        </label>
        <label class="field">
          <span class="field-label">${t("record.source")}</span>
          <input
            type="text"
            required
            maxlength="50"
            autocomplete="off"
            spellcheck="false"
            data-testid="import-source"
            aria-describedby="import-source-hint"
            .value=${live(this.#source)}
            @input=${typed}
            @change=${named}
          />
          <span class="hint" id="import-source-hint">${t("imports.sourceHint")}</span>
        </label>
      </div>
      <div role="status">
        ${this.#isBusy && this.#preview === null ? html`<p class="meta">${t("loading")}</p>` : nothing}
      </div>
      ${this.#failure ? html`<p class="bad" role="alert" data-testid="import-failure">${this.#failure}</p>` : nothing}
      ${this.#preview ? this.#drawPreview(this.#preview) : nothing}
    </form>`;
  }

  #drawPreview(preview: ImportPreview) {
    const isMapped = preview.mapping_from === "source";
    return html`<div class="import-preview" data-testid="import-preview">
      ${fileFacts(preview, this.#choices, this.#change)}
      ${isMapped ? html`<p class="meta" data-testid="import-mapped">${t("imports.mapped", { source: this.#source })}</p>` : nothing}
      ${columnChoices(preview, this.#change)}
      ${rejections(preview)} ${previewRows(preview)}
      <label class="import-complete">
        <input
          type="checkbox"
          data-testid="import-complete"
          aria-describedby="import-complete-hint"
          .checked=${this.#complete}
          @change=${(event: Event) => {
            this.#complete = (event.target as HTMLInputElement).checked;
          }}
        />
        <span>${t("imports.complete")}</span>
        <span class="hint" id="import-complete-hint">${t("imports.completeHint")}</span>
      </label>
      <div class="form-foot">
        <button type="submit" class="button" data-testid="import-start" ?disabled=${this.#isBusy}>
          ${t("imports.start")}
        </button>
      </div>
    </div>`;
  }
}

/** The name of a file without its extension, as the name of a source. */
function stem(name: string) {
  return name
    .replace(/\.\w+$/, "")
    .trim()
    .slice(0, 50);
}

/** How many rows were read, and those that would not be saved. */
export function rejections({ rejections, rows_read }: ImportPreview) {
  const read = counted("imports.read", rows_read);
  if (rejections.length === 0)
    return html`<p class="meta" data-testid="import-sound">${t("imports.sound", { read })}</p>`;
  return html`<section class="import-problems" aria-labelledby="import-problems-title">
    <h3 id="import-problems-title">${t("imports.problems")}</h3>
    <p class="meta">${t("imports.problemsLead", { read })}</p>
    <ul>
      ${rejections.map((each) => problemItem({ ...each, params: { limit: each.limit } }))}
    </ul>
  </section>`;
}

/** One row that is not saved: its place, why, and the text in the file. */
export function problemItem(problem: Parameters<typeof sentence>[0]) {
  const text = problem.text ? html` <q class="import-text">${stranger(problem.text)}</q>` : nothing;
  return html`<li data-testid="import-problem" data-row=${problem.row}>
    <strong>${placeText(problem)}</strong> ${sentence(problem)}${text}
  </li>`;
}

/** The first rows as they would be saved. */
export function previewRows({ rows }: ImportPreview) {
  if (rows.length === 0) return nothing;
  return html`<section aria-labelledby="import-rows-title">
    <h3 id="import-rows-title">${t("imports.rows")}</h3>
    <ul class="import-rows">
      ${rows.slice(0, SHOWN).map(rowItem)}
    </ul>
  </section>`;
}

function rowItem({ row, name, organization, numbers, emails }: PreviewRow) {
  return html`<li data-testid="import-row" data-row=${row}>
    <strong>${stranger(name)}</strong>
    ${organization && organization !== name ? html`<span class="meta">${stranger(organization)}</span>` : nothing}
    ${numbers.map(
      ({ number, label, keys, why }) => html`<span class="import-number">
        ${stranger(number)}
        <span class="meta">${label ? stranger(label) : nothing} ${keys.join(", ")}</span>
        ${why ? html`<span class="bad">${problemText(why, {}, why)}</span>` : nothing}
      </span>`,
    )}
    ${emails.map((email) => html`<span class="meta">${stranger(email)}</span>`)}
  </li>`;
}
