// The list of calls with its filter, updated by frames.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Context } from "../calls/context";
import { conditionsOf, type Filter, filterOf, queryOf } from "../calls/filter";
import { callerText, dateText } from "../calls/format";
import { now } from "../core/clock";
import { keepQuery, place, placeQuery } from "../core/place";
import type { Call } from "../core/types";
import type { View } from "../core/view";
import { h, setAttribute } from "../dom/dom";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { focusRow } from "../keys/rows";
import { skeletonRows } from "../ui/paged-list";
import { emptyList } from "./empty";
import { FilterBar } from "./filter-bar";
import { Row } from "./row";

export class History implements View {
  #rows = new Map<string, Row>();
  /** The newest request; answers to older ones are ignored. */
  #request = 0;
  #isBusy = false;
  #failed = "";
  /** The number of calls, for screen readers, after the filter was changed. */
  #news = "";
  /** When the list was read last, in words. */
  #read = "";
  /** When the first page was last asked for, by the page's clock. */
  begun = Number.NEGATIVE_INFINITY;
  /** Whether older pages are shown; reading the first page again would remove them. */
  paged = false;
  readonly #bar: FilterBar;
  readonly #unlisten: () => void;
  readonly element = h("section", { class: "panel history", "aria-labelledby": "history-title" });

  constructor(readonly context: Context) {
    const { calls, drafts, user } = context;
    calls.reader.own = user.extensions;
    if (place().name === "calls") calls.filter = filterOf(placeQuery());
    this.#bar = new FilterBar(context, (filter) => void this.#choose(filter));
    this.element.addEventListener("keydown", this.#onKey);
    this.#unlisten = calls.listen((call) => this.#changed(call));
    drafts.listeners.add(this.#onDraft);
    this.#draw();
  }

  /** Takes the filter of the address, after a link or a step in the browser's history. */
  follow() {
    this.context.calls.filter = filterOf(placeQuery());
    this.#bar.show(this.context.calls.filter);
  }

  async #choose(filter: Filter) {
    this.context.calls.filter = filter;
    keepQuery("calls", queryOf(filter));
    await this.read(null);
    if (this.#failed === "") this.#news = this.#count();
    this.#draw();
  }

  /** Reads the first page, or the next one from a cursor. */
  async read(cursor: string | null) {
    const { calls, callApi } = this.context;
    const request = ++this.#request;
    if (cursor === null) this.begun = performance.now();
    this.#isBusy = true;
    this.#news = "";
    this.#draw();
    try {
      const page = await callApi.list(calls.filter, cursor);
      if (request !== this.#request) return;
      this.#failed = "";
      this.paged = cursor !== null;
      this.#read = t("filter.words.read", { when: dateText(now()) });
      calls.read(page, cursor === null);
    } catch (error) {
      if (request === this.#request) this.#failed = t("history.failed", { why: reason(error) });
    } finally {
      if (request === this.#request) {
        this.#isBusy = false;
        this.#draw();
      }
    }
  }

  /** Opens one call, even one that is on no page read so far. */
  async open(id: string) {
    const { calls, callApi, say } = this.context;
    try {
      if (!this.#rows.has(id)) {
        calls.settle(await callApi.call(id), true);
        this.paged = true; // reading the first page again would remove the call
      }
      const row = this.#rows.get(id);
      if (!row) return say(t("history.notListed"), "bad");
      row.open();
      row.element.scrollIntoView({ block: "center" });
    } catch (error) {
      say(t("history.failed", { why: reason(error) }), "bad");
    }
  }

  #onDraft = (id: string) => this.#rows.get(id)?.tick();

  /** Deletes the row that has the focus; keys/ has the other keys. */
  #onKey = (event: KeyboardEvent) => {
    const row = (event.target as Element).closest(".line")?.closest<HTMLElement>(".row");
    if (!row || event.key !== "Delete" || event.ctrlKey || event.metaKey || event.altKey) return;
    this.#removeRow(row);
    event.preventDefault();
  };

  /** The rows as they stand in the list. */
  get #elements() {
    return [...this.element.querySelectorAll<HTMLElement>(".row")];
  }

  /** Focuses the row at this place, or the last one before it; in an empty list the search. */
  #focusAt(place: number) {
    const row = this.#elements[Math.min(place, this.#elements.length - 1)];
    if (row) focusRow(row);
    else this.element.querySelector<HTMLElement>("#search")?.focus();
  }

  #changed(call: Call | null) {
    if (call) this.#rows.get(call.id)?.update(call);
    this.#draw();
  }

  #count() {
    const { total, moreThanTotal, filter } = this.context.calls;
    if (total === null) return "";
    const isFiltered = conditionsOf(filter) > 0;
    if (moreThanTotal) return t("history.countMore", { n: total });
    return counted(isFiltered ? "history.found" : "history.count", total);
  }

  #draw() {
    const { calls } = this.context;
    const list = calls.list();
    this.#dropRows(new Set(list.map((call) => call.id)));
    setAttribute(this.element, "aria-busy", this.#isBusy ? "true" : null);
    const isWaiting = !calls.loaded && list.length === 0 && this.#failed === "";
    const view = html`
      <header class="panel-head">
        <div class="history-title">
          <h2 id="history-title">${t("history.title")}</h2>
          <span class="meta" data-testid="history-count">${this.#count()}</span>
          <span class="unseen" role="status" data-testid="history-news">${this.#news}</span>
        </div>
        <p class="printed">${[...this.#bar.words, this.#read].filter(Boolean).join(" · ")}</p>
        ${this.#bar.element}
      </header>
      <table class="calls" ?hidden=${list.length === 0}>
        ${head()}${repeat(
          list,
          (call) => call.id,
          (call) => this.#row(call).element,
        )}
      </table>
      ${isWaiting ? skeletonRows(t("loading")) : nothing}
      ${this.#failed ? html`<p class="empty bad" role="alert">${this.#failed}</p>` : nothing}
      ${list.length === 0 && calls.loaded && !this.#failed ? this.#empty() : nothing}
      <div class="panel-foot">${this.#retry()}${this.#more()}</div>
    `;
    const at = this.#elements.findIndex((row) => row.contains(document.activeElement));
    render(view, this.element);
    // a row that left the list had the focus, which goes to the one in its place
    if (at >= 0 && !this.element.contains(document.activeElement)) this.#focusAt(at);
  }

  #empty() {
    const isFiltered = conditionsOf(this.context.calls.filter) > 0;
    return emptyList(isFiltered ? this.#bar.reset : null);
  }

  #retry() {
    const read = () => void this.read(null);
    if (this.#failed === "") return nothing;
    return html`<button type="button" class="button quiet" ?disabled=${this.#isBusy} @click=${read}>
      ${t("history.retry")}
    </button>`;
  }

  #more() {
    const { next } = this.context.calls;
    const read = () => void this.read(next);
    return html`<button
      type="button"
      class="button quiet"
      data-testid="history-more"
      ?hidden=${next === null}
      ?disabled=${this.#isBusy}
      @click=${read}
    >
      ${t("history.more")}
    </button>`;
  }

  #removeRow(element: HTMLElement) {
    const row = this.#rows.get(element.dataset.call ?? "");
    if (row) row.remove?.(row.call);
  }

  /** Deletes a call and offers to undo that. */
  #remove = async (call: Call) => {
    const { calls, callApi, user, say, offer } = this.context;
    try {
      await callApi.remove(call.id);
    } catch (error) {
      return say(t("history.notDeleted", { why: reason(error) }), "bad");
    }
    const deletion = { deleted_at: new Date(now()).toISOString(), deleted_by: user.login };
    calls.trash({ ...deletion, type: "trash", seq: 0, call_id: call.id });
    offer(t("history.deleted", { who: callerText(call) }), {
      words: t("history.undo"),
      run: () => void this.#restore(call),
    });
  };

  async #restore(call: Call) {
    const { calls, callApi, say } = this.context;
    try {
      calls.restored(await callApi.restore(call.id));
      say(t("history.restored"), "good");
    } catch (error) {
      say(t("history.notRestored", { why: reason(error) }), "bad");
    }
  }

  #dropRows(listed: Set<string>) {
    for (const [id, row] of this.#rows) {
      if (listed.has(id)) continue;
      row.stop();
      this.#rows.delete(id);
    }
  }

  #row(call: Call) {
    const known = this.#rows.get(call.id);
    if (known) {
      if (known.call !== call) known.update(call);
      return known;
    }
    const mayRemove = this.context.user.role !== "user";
    const row = new Row(call, this.context, mayRemove ? this.#remove : null);
    this.#rows.set(call.id, row);
    return row;
  }

  tick() {
    for (const row of this.#rows.values()) if (row.call.phase !== "ended") row.tick();
  }

  stop() {
    this.#unlisten();
    this.#bar.stop();
    this.context.drafts.listeners.delete(this.#onDraft);
    for (const row of this.#rows.values()) row.stop();
  }
}

function head() {
  const title = (key: Parameters<typeof t>[0], looks = "") =>
    html`<th scope="col" class=${looks || nothing}>${t(key)}</th>`;
  return html`<thead>
    <tr>
      ${title("history.status")}${title("history.who")}${title("history.company", "c-wide")}
      ${title("history.people")}${title("history.called", "c-wide")}${title("history.when")}
      ${title("history.ring", "c-time")}${title("history.talk", "c-time")}
      ${title("comment.list", "c-wide")}
      <td></td>
    </tr>
  </thead>`;
}
