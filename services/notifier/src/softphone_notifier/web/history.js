// The list of calls with its filter, updated by frames.
/** @import { Call, Context, Filter, View } from "./types.js" */

import { reason } from "./api.js";
import { fill, h, setText } from "./dom.js";
import { filterForm } from "./filter.js";
import { t } from "./messages.js";
import { Row } from "./row.js";

/** @implements {View} */
export class History {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** The newest request; answers to older ones are ignored. */
  #request = 0;
  #failed = "";
  /** Whether older pages are shown; reading the first page again would remove them. */
  paged = false;

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.calls = context.calls;
    const apply = (/** @type {Filter} */ filter) => {
      this.calls.filter = filter;
      void this.read(null);
    };
    this.table = h("table", { class: "calls" }, head());
    this.note = h("p", { class: "empty", role: "status" });
    this.retry = h(
      "button",
      { type: "button", class: "button quiet", onclick: () => void this.read(null) },
      t("history.retry"),
    );
    this.more = h(
      "button",
      {
        type: "button",
        class: "button quiet",
        "data-testid": "history-more",
        onclick: () => void this.read(this.calls.next),
      },
      t("history.more"),
    );
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "history-title" },
      h(
        "header",
        { class: "panel-head" },
        h("h2", { id: "history-title" }, t("history.title")),
        filterForm(this.calls.filter, apply),
      ),
      this.table,
      this.note,
      h("div", { class: "panel-foot" }, this.retry, this.more),
    );
    this.unlisten = this.calls.listen((call) => this.#changed(call));
    this.onDraft = (/** @type {string} */ id) => this.#rows.get(id)?.showNotes();
    context.drafts.listeners.add(this.onDraft);
    this.#draw();
  }

  /**
   * Reads the first page, or the next one from a cursor.
   * @param {string | null} cursor
   */
  async read(cursor) {
    const request = ++this.#request;
    this.element.setAttribute("aria-busy", "true");
    this.more.disabled = this.retry.disabled = true;
    try {
      const page = await this.context.api.calls(this.calls.filter, cursor);
      if (request !== this.#request) return;
      this.#failed = "";
      this.paged = cursor !== null;
      this.calls.read(page, cursor === null);
    } catch (error) {
      if (request === this.#request) this.#failed = t("history.failed", { why: reason(error) });
    } finally {
      if (request === this.#request) {
        this.element.removeAttribute("aria-busy");
        this.more.disabled = this.retry.disabled = false;
        this.#draw();
      }
    }
  }

  /**
   * Opens one call, even one that is on no page read so far.
   * @param {string} id
   */
  async open(id) {
    try {
      if (!this.#rows.has(id)) {
        this.calls.settle(await this.context.api.call(id));
        this.paged = true; // reading the first page again would remove the call
      }
      const row = this.#rows.get(id);
      if (!row) return this.context.say(t("history.notListed"), "bad");
      row.open();
      row.element.scrollIntoView({ block: "center" });
    } catch (error) {
      this.context.say(t("history.failed", { why: reason(error) }), "bad");
    }
  }

  /** @param {Call | null} call */
  #changed(call) {
    const row = call && this.#rows.get(call.id);
    if (row) row.update(call);
    this.#draw();
  }

  #draw() {
    const calls = this.calls.list();
    const wanted = new Set(calls.map((call) => call.id));
    for (const [id, row] of this.#rows) {
      if (wanted.has(id)) continue;
      row.stop();
      row.element.remove();
      this.#rows.delete(id);
    }
    /** @type {Element | null} */
    let place = this.table.tBodies[0] ?? null;
    for (const call of calls) {
      const row = this.#row(call);
      if (row.element === place) place = place.nextElementSibling;
      else this.table.insertBefore(row.element, place); // a row is not moved, since it may have the focus
    }
    this.table.hidden = calls.length === 0;
    const filtered = Object.values(this.calls.filter).some(Boolean);
    const empty =
      calls.length || !this.calls.loaded
        ? ""
        : t(filtered ? "history.emptyFilter" : "history.empty");
    setText(this.note, this.#failed || empty);
    this.note.hidden = this.note.textContent === "";
    this.note.classList.toggle("bad", this.#failed !== "");
    this.retry.hidden = this.#failed === "";
    this.more.hidden = this.calls.next === null;
  }

  /** @param {Call} call */
  #row(call) {
    const known = this.#rows.get(call.id);
    if (known) {
      if (known.call !== call) known.update(call);
      return known;
    }
    const row = new Row(call, this.context);
    this.#rows.set(call.id, row);
    return row;
  }

  tick() {
    for (const row of this.#rows.values()) if (row.call.phase !== "ended") row.tick();
  }

  stop() {
    this.unlisten();
    this.context.drafts.listeners.delete(this.onDraft);
    for (const row of this.#rows.values()) row.stop();
  }
}

function head() {
  const row = h("tr", {});
  const titles = [
    t("history.status"),
    t("history.who"),
    t("history.extension"),
    t("history.when"),
    t("history.ring"),
    t("history.talk"),
  ];
  const cells = titles.map((title, i) =>
    h("th", { scope: "col", class: i > 3 ? "c-time" : null }, title),
  );
  fill(row, ...cells, h("td", {}));
  return h("thead", {}, row);
}
