// The search and the filters above the call list.

import { html, nothing, render } from "lit";
import { live } from "lit/directives/live.js";
import type { Context } from "../calls/context";
import { conditionsOf, type Filter, isSearchable, NO_FILTER } from "../calls/filter";
import { RESULTS } from "../calls/result";
import type { ListedUser } from "../core/types";
import { h } from "../dom/dom";
import { searchInput } from "../forms/filter";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import { CUSTOM, daysOf, SPANS, type Span, spanOf } from "./days";

const TYPING_MILLIS = 350;
const DIRECTIONS = ["inbound", "outbound"] as const;

type Options = readonly (readonly [string, string])[];

export class FilterBar {
  /** The filter as it stands in the fields; the list may have an older one while somebody types. */
  #filter: Filter;
  #typing = 0;
  #users: readonly ListedUser[] = [];
  /** Whether the two days are chosen one by one. */
  #isCustom = false;
  /** Whether the filters are open on a narrow screen. */
  #isOpen = false;
  readonly element = h("form", { class: "filters", role: "search" });

  constructor(
    readonly context: Context,
    readonly chosen: (filter: Filter) => void,
  ) {
    this.#filter = context.calls.filter;
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#apply();
    });
    this.draw();
    if (this.#readsOthers) void this.#readUsers();
  }

  /** Whether the reader sees calls of others, who can then be chosen. */
  get #readsOthers() {
    return this.context.user.role !== "user";
  }

  /** Shows a filter that comes from elsewhere, such as the address. */
  show(filter: Filter) {
    window.clearTimeout(this.#typing);
    this.#filter = filter;
    this.#isCustom = false;
    this.draw();
  }

  /** The filter in words, for the printed list. */
  get words() {
    const { q, user, extension, from, to, result, direction, mine } = this.#filter;
    const name = this.#users.find(({ id }) => id === user);
    return [
      q && t("filter.words.q", { q }),
      result && t(`result.${result as Filter["result"] & "missed"}`),
      direction && t(`direction.${direction as "inbound"}`),
      user && (name ? name.name || name.login : t("filter.words.user")),
      extension && t("extension", { extension }),
      (from || to) && t("filter.words.days", { from: from || "…", to: to || "…" }),
      mine && t("filter.mine"),
    ].filter(Boolean);
  }

  reset = () => {
    this.show(NO_FILTER);
    this.#apply();
    this.element.querySelector<HTMLInputElement>("#search")?.focus();
  };

  /** Offers the users of the tenant. Without them the other filters still work. */
  async #readUsers() {
    try {
      this.#users = (await this.context.api.ask("GET /api/users")).items;
      this.draw();
    } catch {
      // as above
    }
  }

  #apply() {
    window.clearTimeout(this.#typing);
    this.draw();
    this.chosen(this.#filter);
  }

  #set(changes: Partial<Filter>) {
    this.#filter = { ...this.#filter, ...changes };
    this.#apply();
  }

  #type(changes: Partial<Filter>) {
    this.#filter = { ...this.#filter, ...changes };
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#apply(), TYPING_MILLIS);
  }

  draw() {
    const others = { ...this.#filter, q: "" };
    const count = conditionsOf(others);
    const toggle = () => {
      this.#isOpen = !this.#isOpen;
      this.draw();
    };
    const content = html`
      ${this.#search()}
      <button
        type="button"
        class="button quiet filters-open"
        aria-expanded=${this.#isOpen}
        data-testid="filter-open"
        @click=${toggle}
      >
        ${iconOf("filter")}${t("filter.open")}${count ? html`<span class="tag">${count}</span>` : nothing}
      </button>
      <div class="filters-rest" ?data-open=${this.#isOpen}>
        ${this.#choices()}${this.#days()}${this.#mine()}
        <button
          type="button"
          class="button quiet filters-reset"
          data-testid="filter-reset"
          ?hidden=${conditionsOf(this.#filter) === 0}
          @click=${this.reset}
        >
          ${iconOf("close")}${t("filter.reset")}
        </button>
      </div>
    `;
    render(content, this.element);
  }

  #search() {
    const { q } = this.#filter;
    const isShort = q.trim() !== "" && !isSearchable(q);
    const search = {
      label: t("search.label"),
      value: q,
      typed: (text: string) => this.#type({ q: text }),
      describedby: "search-hint",
    };
    return html`<div class="search">
      ${searchInput(search)}
      <kbd aria-hidden="true">/</kbd>
      <p class="hint" id="search-hint" role="status">${isShort ? t("search.short") : ""}</p>
    </div>`;
  }

  #choices() {
    const results: Options = RESULTS.map((result) => [result, t(`result.${result}`)]);
    const directions: Options = DIRECTIONS.map((each) => [each, t(`direction.${each}`)]);
    const users: Options = this.#users.map(({ id, name, login }) => [id, name || login]);
    return html`
      ${this.#select("result", t("filter.result"), results)}
      ${this.#select("direction", t("filter.direction"), directions)}
      ${this.#readsOthers ? this.#select("user", t("filter.user"), users) : nothing}
      ${this.#extension()}
    `;
  }

  #select(name: "result" | "direction" | "user", label: string, options: Options) {
    const value = this.#filter[name];
    const unknown: Options =
      value && options.every(([each]) => each !== value) ? [[value, "…"]] : [];
    const choose = (event: Event) =>
      this.#set({ [name]: (event.target as HTMLSelectElement).value });
    return html`<select
      class=${value ? "filter-choice chosen" : "filter-choice"}
      aria-label=${label}
      data-testid="filter-${name}"
      @change=${choose}
    >
      <option value="" ?selected=${value === ""}>${label}</option>
      ${[...options, ...unknown].map(
        ([each, words]) =>
          html`<option value=${each} ?selected=${each === value}>${words}</option>`,
      )}
    </select>`;
  }

  #extension() {
    const own = this.context.user.extensions;
    if (!this.#readsOthers && own.length < 2) return nothing;
    const known = [...own, ...this.#users.flatMap(({ extensions }) => extensions)];
    const { extension } = this.#filter;
    const type = (event: Event) =>
      this.#type({ extension: (event.target as HTMLInputElement).value });
    return html`<input
        class=${extension ? "filter-choice chosen" : "filter-choice"}
        list="filter-extensions"
        maxlength="64"
        autocomplete="off"
        placeholder=${t("filter.extension")}
        aria-label=${t("filter.extension")}
        data-testid="filter-extension"
        .value=${live(extension)}
        @input=${type}
      /><datalist id="filter-extensions">
        ${[...new Set(known)].sort().map((each) => html`<option value=${each}></option>`)}
      </datalist>`;
  }

  #days() {
    const { from, to } = this.#filter;
    const span = this.#isCustom ? CUSTOM : spanOf(from, to);
    const choose = (event: Event) => {
      const chosen = (event.target as HTMLSelectElement).value as Span | "";
      this.#isCustom = chosen === CUSTOM;
      if (this.#isCustom) this.draw();
      else this.#set(daysOf(chosen));
    };
    const day = (name: "from" | "to") => html`<input
      type="date"
      class="filter-choice chosen"
      aria-label=${t(`filter.${name}`)}
      data-testid="filter-${name}"
      .value=${live(this.#filter[name])}
      @change=${(event: Event) => this.#set({ [name]: (event.target as HTMLInputElement).value })}
    />`;
    return html`<select
        class=${span ? "filter-choice chosen" : "filter-choice"}
        aria-label=${t("filter.days")}
        data-testid="filter-days"
        @change=${choose}
      >
        <option value="" ?selected=${span === ""}>${t("filter.days")}</option>
        ${SPANS.map(
          (each) =>
            html`<option value=${each} ?selected=${each === span}>${t(`filter.span.${each}`)}</option>`,
        )}
      </select>
      ${span === CUSTOM ? html`${day("from")}<span class="meta" aria-hidden="true">–</span>${day("to")}` : nothing}`;
  }

  #mine() {
    if (!this.#readsOthers || this.context.user.extensions.length === 0) return nothing;
    const isOn = this.#filter.mine !== "";
    return html`<button
      type="button"
      class=${isOn ? "filter-choice chosen" : "filter-choice"}
      aria-pressed=${isOn}
      data-testid="filter-mine"
      @click=${() => this.#set({ mine: isOn ? "" : "yes" })}
    >
      ${t("filter.mine")}
    </button>`;
  }

  stop() {
    window.clearTimeout(this.#typing);
  }
}
