// Makes one record of two: the other one is found, both are compared, and the result is shown.

import { html, nothing, render, type TemplateResult } from "lit";
import type { MergeResult } from "../api/matcher";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import { ApiError } from "../core/request";
import type { DirectoryRecord } from "../core/types";
import type { View } from "../core/view";
import { typeText } from "../directory/matches";
import { RecordApi } from "../directory/record-api";
import { h } from "../dom/dom";
import { plain, stranger } from "../dom/stranger";
import { titleView } from "../dom/title";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../ui/empty-state";
import {
  type Choice,
  comparison,
  conflictsOf,
  fieldText,
  isRestricted,
  valueText,
} from "./merge-fields";

const TYPING_MILLIS = 250;
/** Records that are offered; a longer word finds the others. */
const LISTED = 20;
/** Numbers of the record whose other records are offered: each is a request. */
const NUMBERS = 5;

export class MergePage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "merge-page" });
  readonly #api: RecordApi;
  #kept: DirectoryRecord | null = null;
  #other: DirectoryRecord | null = null;
  #offered: DirectoryRecord[] | null = null;
  #typed = "";
  #take = new Set<Choice>();
  #result: MergeResult | null = null;
  #failure = "";
  #note = "";
  #isBusy = false;
  #request = 0;
  #timer = 0;

  /** `id` is that of the record that stays. */
  constructor(
    readonly context: Context,
    readonly id: string,
  ) {
    this.#api = new RecordApi(context.api);
    titleView(t("merge.title"));
    this.#draw();
    void this.#start();
  }

  stop() {
    window.clearTimeout(this.#timer);
    this.#request++;
  }

  async #start() {
    try {
      this.#kept = await this.#api.get(this.id);
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
    const content = this.element.closest("main");
    if (document.activeElement === content) this.#find<HTMLInputElement>("merge-search")?.focus();
    await this.#offer();
  }

  /** Offers the records that may be the same one, or those that the typed text finds. */
  async #offer() {
    const kept = this.#kept;
    if (kept === null) return;
    const request = ++this.#request;
    try {
      const found = this.#typed ? await this.#search(this.#typed) : await this.#alike(kept);
      if (request !== this.#request) return;
      const others = new Map(found.map((record) => [record.id, record]));
      others.delete(kept.id);
      this.#offered = [...others.values()].slice(0, LISTED);
      this.#note = "";
    } catch (error) {
      if (request === this.#request) this.#note = reason(error);
    }
    this.#draw();
  }

  async #search(q: string) {
    return (await this.#api.list({ q, limit: LISTED + 1, inactive: true })).items;
  }

  /** The records with the same numbers, and then those with the same name. */
  async #alike(kept: DirectoryRecord) {
    const keys = [...new Set(kept.numbers.flatMap(({ keys }) => keys))].slice(0, NUMBERS);
    const pages = keys.map((number) => this.#api.list({ number, limit: LISTED }));
    // a name may be too short for a search
    const named = this.#search(kept.name.slice(0, 100)).catch(() => []);
    const same = (await Promise.all(pages)).flatMap(({ items }) => items);
    return [...same, ...(await named)];
  }

  #onInput = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      this.#typed = value.trim().length > 1 ? value.trim() : "";
      void this.#offer();
    }, TYPING_MILLIS);
  };

  async #choose(other: DirectoryRecord | null) {
    this.#other = other;
    this.#take.clear();
    this.#note = "";
    this.#draw();
    const next = other === null ? "merge-search" : "merge-heading";
    this.#find(next)?.focus();
  }

  async #merge(kept: DirectoryRecord, other: DirectoryRecord) {
    this.#isBusy = true;
    this.#note = "";
    this.#draw();
    try {
      this.#result = await this.#api.merge(kept, other, [...this.#take]);
      titleView(plain(kept.name));
    } catch (error) {
      const isChanged = error instanceof ApiError && error.status === 412;
      if (isChanged) await this.#readAgain(kept, other);
      this.#note = isChanged ? t("merge.changed") : reason(error);
    }
    this.#isBusy = false;
    this.#draw();
    if (this.#result !== null) this.#find("merge-heading")?.focus();
  }

  /** Shows both as they are now, with the choices that are still open. */
  async #readAgain(kept: DirectoryRecord, other: DirectoryRecord) {
    try {
      const [first, second] = await Promise.all([this.#api.get(kept.id), this.#api.get(other.id)]);
      [this.#kept, this.#other] = [first, second];
      const open = new Set(conflictsOf(first, second));
      this.#take = new Set([...this.#take].filter((name) => open.has(name)));
    } catch {
      // the words of the refusal are shown anyway
    }
  }

  #find<E extends HTMLElement = HTMLElement>(testid: string) {
    return this.element.querySelector<E>(`[data-testid="${testid}"]`);
  }

  #draw() {
    render(
      html`<a class="back" href=${address("directory", this.id)} data-testid="merge-back">${t("record.back")}</a>${this.#body()}`,
      this.element,
    );
  }

  #body() {
    if (this.#failure) {
      const words = this.#failure;
      return html`<section class="panel"><sc-empty-state bad .words=${words}></sc-empty-state></section>`;
    }
    const [kept, other, result] = [this.#kept, this.#other, this.#result];
    if (kept === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
    if (result !== null) return this.#done(result);
    if (other === null) {
      return panel(t("merge.title"), t("merge.lead", { name: plain(kept.name) }), this.#choices());
    }
    return this.#compared(kept, other);
  }

  #choices() {
    const offered = this.#offered;
    const none = this.#typed ? t("records.noneFound") : t("merge.none");
    const heading = this.#typed ? t("merge.found") : t("merge.candidates");
    return html`<div class="form-stack">
      <label class="field">
        <span class="field-label">${t("merge.search")}</span>
        <input type="search" maxlength="100" autocomplete="off" data-testid="merge-search" @input=${this.#onInput} />
      </label>
      ${
        offered === null
          ? html`<p class="meta" role="status">${t("loading")}</p>`
          : html`<p class="meta" role="status" data-testid="merge-status">${offered.length > 0 ? heading : none}</p>
            <ul class="record-choices" aria-label=${heading} ?hidden=${offered.length === 0}>
              ${offered.map((record) => this.#candidate(record))}
            </ul>`
      }
      ${this.#alert()}
    </div>`;
  }

  #candidate(record: DirectoryRecord) {
    const { organization, numbers } = record;
    const details = [organization, ...numbers.slice(0, 2).map(({ number }) => number)];
    return html`<li>
      <button
        type="button"
        class="record-choice"
        data-testid="merge-candidate"
        data-key=${record.id}
        @click=${() => void this.#choose(record)}
      >
        <span class="badge type-${record.type}">${typeText(record.type)}</span>
        <span class="record-choice-name">${stranger(record.name)}</span>
        <span class="meta">${stranger(details.filter(Boolean).join(" · "))}</span>
      </button>
    </li>`;
  }

  #compared(kept: DirectoryRecord, other: DirectoryRecord) {
    const hasChoice = conflictsOf(kept, other).length > 0;
    const choose = (name: Choice, isTaken: boolean) => {
      if (isTaken) this.#take.add(name);
      else this.#take.delete(name);
      this.#draw();
    };
    const merge = () => void this.#merge(kept, other);
    return panel(
      t("merge.title"),
      t(hasChoice ? "merge.choose" : "merge.noChoice"),
      html`${comparison(kept, other, this.#take, choose)}
        <div class="merge-end">
        ${isRestricted(kept, other) ? html`<p class="meta">${t("merge.restricted")}</p>` : nothing}
        <p class="meta">${t("merge.bin")}</p>
        ${this.#alert()}
        <div class="record-actions">
          <button type="button" class="button" data-testid="merge-do" ?disabled=${this.#isBusy} @click=${merge}>
            ${t("record.merge")}
          </button>
          <button type="button" class="button quiet" data-testid="merge-another" ?disabled=${this.#isBusy} @click=${() => void this.#choose(null)}>
            ${t("merge.another")}
          </button>
        </div></div>`,
    );
  }

  #done({ record, dropped }: MergeResult) {
    const values = dropped.map(
      ({ field, value }) =>
        html`<li>${fieldText(field)}: ${stranger(valueText(field, value))}</li>`,
    );
    return panel(
      t("merge.done"),
      t("merge.doneLead"),
      html`<div class="form-stack" data-testid="merge-result">
        ${
          values.length > 0
            ? html`<p>${t("merge.dropped")}</p>
              <ul class="record-list" data-testid="merge-dropped">${values}</ul>`
            : nothing
        }
        <div class="record-actions">
          <a class="button" href=${address("directory", record.id)} data-testid="merge-open">${t("merge.open")}</a>
        </div>
      </div>`,
    );
  }

  #alert() {
    return html`<p class="note bad" role="alert" ?hidden=${!this.#note} data-testid="merge-note">${this.#note}</p>`;
  }
}

/** A panel whose title gets the focus when it shows the next step. */
function panel(heading: string, lead: string, content: TemplateResult) {
  return html`<section class="panel" aria-labelledby="merge-title">
    <header class="panel-head">
      <div>
        <h2 id="merge-title" tabindex="-1" data-testid="merge-heading">${heading}</h2>
        <p class="meta">${lead}</p>
      </div>
    </header>
    <div class="panel-body">${content}</div>
  </section>`;
}
