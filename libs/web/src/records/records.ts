// The directory: its records as a list with a search, for everybody of a company.

import { html, nothing, render } from "lit";
import { live } from "lit/directives/live.js";
import type { Context } from "../calls/context";
import { isSearchable } from "../calls/filter";
import { address, IMPORTS, keepFilter, NEW, placeFilter } from "../core/place";
import type { DirectoryRecord } from "../core/types";
import type { View } from "../core/view";
import { mailLink, RECORD_TYPES, typeText } from "../directory/matches";
import { RecordApi, type RecordQuery } from "../directory/record-api";
import { plain, stranger } from "../dom/stranger";
import { searchInput } from "../forms/filter";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { RovingRows } from "../keys/rows";
import { panelOf } from "../ui/element";
import { iconOf } from "../ui/icon";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { keepList } from "./back";
import { recordNumber } from "./number";

const PAGE = 50;
const TYPING_MILLIS = 250;
/** Numbers of a record that the list shows. */
const SHOWN = 3;
const ALL = { q: "", type: "", tag: "", inactive: "" };

type Filter = typeof ALL;

export class RecordsPage implements View {
  #filter = filterOfAddress();
  #typing = 0;
  readonly #list: PagedList<DirectoryRecord>;
  readonly #rows: RovingRows;
  readonly element = panelOf("records", "records-title");

  constructor(readonly context: Context) {
    const api = new RecordApi(context.api);
    this.#list = new PagedList<DirectoryRecord>({
      read: (cursor) => api.list({ ...queryOf(this.#filter), limit: PAGE, cursor }),
      changed: () => this.#draw(),
    });
    void this.#list.read();
    keepList(context.user.id);
    this.#rows = new RovingRows(this.element);
  }

  again() {
    void this.#list.read();
  }

  stop() {
    window.clearTimeout(this.#typing);
    this.#list.stop();
    this.#rows.stop();
  }

  #choose(changes: Partial<Filter>) {
    window.clearTimeout(this.#typing);
    this.#filter = { ...this.#filter, ...changes };
    keepFilter("directory", this.#filter, ALL);
    keepList(this.context.user.id);
    void this.#list.read();
  }

  #type(q: string) {
    this.#filter = { ...this.#filter, q };
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#choose({}), TYPING_MILLIS);
  }

  #reset = () => {
    this.#choose(ALL);
    this.element.querySelector<HTMLElement>("#search")?.focus();
  };

  get #isFiltered() {
    return Object.values(this.#filter).some(Boolean);
  }

  #draw() {
    const words = {
      loading: t("loading"),
      empty: t(this.#isFiltered ? "records.noneFound" : "records.empty"),
      failed: (error: unknown) => t("records.failed", { why: reason(error) }),
      more: t("records.next"),
      retry: t("history.retry"),
    };
    const action = this.#isFiltered ? this.#resetter() : null;
    render(
      html`<header class="panel-head">
          <div class="history-title">
            <h2 id="records-title">${t("nav.directory")}</h2>
            <span class="meta" role="status" data-testid="records-count">${this.#count()}</span>
            ${this.#importer()}
            <a class="button record-add" href=${address("directory", NEW)} data-testid="record-add"
              >${iconOf("plus")}${t("record.new")}</a
            >
          </div>
          ${this.#bar()}
        </header>
        ${pagedRows(this.#list, words, (records) => this.#table(records), action)}`,
      this.element,
    );
  }

  /** The way to the imports, for administrators. */
  #importer() {
    if (this.context.user.role === "user") return nothing;
    return html`<a class="button quiet" href=${address("directory", IMPORTS)} data-testid="record-imports"
      >${t("imports.title")}</a
    >`;
  }

  #count() {
    const { items, next, isLoaded, failure } = this.#list;
    if (!isLoaded || failure !== null) return "";
    if (next !== null) return t("records.countMore", { n: items.length });
    return counted("records.count", items.length);
  }

  #bar() {
    const { q, tag } = this.#filter;
    const search = {
      label: t("records.search"),
      placeholder: t("records.placeholder"),
      value: q,
      typed: (text: string) => this.#type(text),
      describedby: "search-hint",
    };
    const isShort = q.trim() !== "" && !isSearchable(q);
    const submit = (event: Event) => {
      event.preventDefault();
      this.#choose({});
    };
    return html`<form class="filters" role="search" @submit=${submit}>
      <div class="search">
        ${searchInput(search)}
        <kbd aria-hidden="true">/</kbd>
        <p class="hint" id="search-hint" role="status">${isShort ? t("search.short") : ""}</p>
      </div>
      <div class="filters-row">
        ${this.#types()}${this.#inactive()}
        ${tag ? this.#toggle("tag", t("records.tag", { tag }), () => this.#choose({ tag: "" })) : nothing}
        ${this.#isFiltered ? this.#resetter() : nothing}
      </div>
    </form>`;
  }

  #types() {
    const { type } = this.#filter;
    const choose = (event: Event) =>
      this.#choose({ type: (event.target as HTMLSelectElement).value });
    return html`<select
      class=${type ? "filter-choice chosen" : "filter-choice"}
      aria-label=${t("record.type")}
      data-testid="records-type"
      .value=${live(type)}
      @change=${choose}
    >
      <option value="" ?selected=${type === ""}>${t("record.type")}</option>
      ${RECORD_TYPES.map(
        (each) => html`<option value=${each} ?selected=${each === type}>${typeText(each)}</option>`,
      )}
    </select>`;
  }

  #inactive() {
    const isOn = this.#filter.inactive !== "";
    const change = () => this.#choose({ inactive: isOn ? "" : "yes" });
    return this.#toggle("inactive", t("records.inactive"), change, isOn);
  }

  #toggle(name: string, words: string, change: () => void, isOn = true) {
    return html`<button
      type="button"
      class=${isOn ? "filter-choice chosen" : "filter-choice"}
      aria-pressed=${isOn}
      data-testid="records-${name}"
      @click=${change}
    >
      ${words}
    </button>`;
  }

  #resetter() {
    return html`<button
      type="button"
      class="button quiet filters-reset"
      data-testid="records-reset"
      @click=${this.#reset}
    >
      ${iconOf("close")}${t("filter.reset")}
    </button>`;
  }

  #table(records: readonly DirectoryRecord[]) {
    const columns: Column<DirectoryRecord>[] = [
      { title: t("record.name"), cell: nameCell },
      { title: t("record.type"), cell: typeCell },
      { title: t("record.numbers"), cell: (record) => this.#numbers(record) },
      { title: t("record.emails"), cell: mailCell },
    ];
    return html`<sc-table
      class="people-table records-table"
      label=${t("nav.directory")}
      rowid="record-row"
      .columns=${columns}
      .rows=${records}
      .key=${(record: DirectoryRecord) => record.id}
    ></sc-table>`;
  }

  #numbers({ numbers }: DirectoryRecord) {
    if (numbers.length === 0) return NONE;
    const shown = numbers.slice(0, SHOWN).map((number) => recordNumber(number, this.context));
    const more = numbers.length - SHOWN;
    return html`<span class="record-numbers">
      ${shown}${more > 0 ? html`<span class="meta">${t("history.others", { n: more })}</span>` : nothing}
    </span>`;
  }
}

const NONE = html`<span class="none">–</span>`;

function nameCell({ id, name, organization, inactive }: DirectoryRecord) {
  const company = plain(organization);
  return html`<a class="person-name" href=${address("directory", id)} data-testid="record-open">
      ${stranger(name)}
    </a>
    ${inactive ? html`<span class="tag">${t("record.inactive")}</span>` : nothing}
    ${company ? html`<span class="meta record-organization">${stranger(company)}</span>` : nothing}`;
}

function typeCell({ type }: DirectoryRecord) {
  return html`<span class="badge type-${type}">${typeText(type)}</span>`;
}

function mailCell({ emails }: DirectoryRecord) {
  const [first = ""] = emails;
  if (!first) return NONE;
  const more = emails.length - 1;
  return html`${mailLink(first)}
  ${more > 0 ? html`<span class="meta">${t("history.others", { n: more })}</span>` : nothing}`;
}

/** The filter in the address; a type that no record has is left out. */
function filterOfAddress(): Filter {
  const filter = placeFilter(ALL);
  return { ...filter, type: RECORD_TYPES.find((each) => each === filter.type) ?? "" };
}

/** The filter as the server takes it. */
function queryOf({ q, type, tag, inactive }: Filter): RecordQuery {
  return {
    q: isSearchable(q) ? q : null,
    type: (type || null) as DirectoryRecord["type"] | null,
    tag: tag || null,
    inactive: inactive !== "",
  };
}
