// The recent hits of one phone, live and as they are stored.
/** @import { DeviceApi } from "./device-api.js" */
/** @import { Hit } from "./device-types.js" */
/** @import { Context } from "./types.js" */

import { ApiError, reason } from "./api.js";
import { h, setText } from "./dom.js";
import { HitRow, understood } from "./hit.js";
import { t } from "./messages.js";

/** The most hits that are kept of those that come in; older ones are read on demand. */
const SHOWN_MOST = 200;

/** The list is read again, since a hit may come while the page is not subscribed. */
const FIRST_REFRESH_MILLIS = 2_000;
const REFRESH_MILLIS = 30_000;

export class Inspector {
  /** @type {Map<string, HitRow>} */
  #rows = new Map();
  /** @type {string | null} */
  #next = null;
  #loaded = false;
  #refreshAt = performance.now() + FIRST_REFRESH_MILLIS;
  list = h("ol", { class: "hits" });
  note = h("p", { class: "empty", role: "status" }, t("loading"));
  news = h("p", { class: "unseen", role: "status" });

  /**
   * @param {Context} context
   * @param {DeviceApi} api
   * @param {string} device
   * @param {(hit: Hit) => void} trial
   */
  constructor(context, api, device, trial) {
    this.api = api;
    this.device = device;
    this.context = context;
    this.actions = {
      replay: this.replay.bind(this),
      trial,
      opened: () => void this.read(null), // with the matches found meanwhile
    };
    this.more = h(
      "button",
      { type: "button", class: "button quiet", hidden: true, "data-testid": "hits-more" },
      t("hits.more"),
    );
    this.more.addEventListener("click", () => void this.read(this.#next));
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "hits-title", "data-testid": "inspector" },
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          {},
          h("h3", { id: "hits-title" }, t("hits.title")),
          h("p", { class: "meta" }, t("hits.lead")),
        ),
        h("span", { class: "live" }, h("span", { class: "dot" }), t("hits.live")),
      ),
      this.list,
      this.note,
      this.news,
      h("div", { class: "panel-foot" }, this.more),
    );
    context.watch(device);
    void this.read(null);
  }

  /** @param {string | null} cursor */
  async read(cursor) {
    try {
      const page = await this.api.hits(this.device, cursor);
      for (const hit of page.items) this.#put(hit);
      if (cursor !== null || !this.#loaded) this.#next = page.next;
      this.#loaded = true;
      this.#draw("");
    } catch (error) {
      this.#draw(t("hits.failed", { why: reason(error) }));
    }
  }

  /** @param {Hit} hit */
  hit(hit) {
    if (hit.device !== this.device) return;
    this.#put(hit);
    this.#trim();
    setText(this.news, `${t(`outcome.${hit.outcome}`)}: ${understood(hit)}`);
    this.#draw("");
  }

  /** @param {Hit} hit */
  #put(hit) {
    const known = this.#rows.get(hit.id);
    if (known) {
      if (JSON.stringify(known.hit) !== JSON.stringify(hit)) known.update(hit);
      return;
    }
    const row = new HitRow(hit, this.actions);
    const later = [...this.#rows.values()].filter((other) => before(hit, other.hit));
    const place = later.length ? later.reduce((a, b) => (before(a.hit, b.hit) ? a : b)) : null;
    this.#rows.set(hit.id, row);
    if (place) place.element.after(row.element);
    else this.list.prepend(row.element);
  }

  #trim() {
    while (this.#rows.size > SHOWN_MOST) {
      const last = this.list.lastElementChild;
      if (!(last instanceof HTMLElement)) return;
      this.#rows.delete(last.dataset.hit ?? "");
      last.remove();
    }
  }

  /** @param {string} failed */
  #draw(failed) {
    this.list.hidden = this.#rows.size === 0;
    const empty = this.#loaded && this.#rows.size === 0 ? t("hits.empty") : "";
    setText(this.note, failed || empty);
    this.note.hidden = this.note.textContent === "";
    this.note.classList.toggle("bad", failed !== "");
    this.more.hidden = this.#next === null;
  }

  /**
   * Replays a refused hit and returns the result as text; throws an Error with the reason.
   * @param {Hit} hit
   */
  async replay(hit) {
    try {
      const now = await this.api.replay(this.device, hit.id);
      this.#put(now);
      return t("hit.became", { what: understood(now) });
    } catch (error) {
      const wrong = error instanceof ApiError ? error.problem.errors?.[0] : undefined;
      if (!wrong || !(error instanceof ApiError)) throw new Error(reason(error));
      const { field, code = null, params = {}, message } = wrong;
      const still = { ...hit, field, code, params, why: message };
      this.#put(still);
      throw new Error(t("hit.still", { why: understood(still) }));
    }
  }

  again() {
    void this.read(null);
  }

  tick() {
    if (document.hidden || performance.now() < this.#refreshAt) return;
    this.#refreshAt = performance.now() + REFRESH_MILLIS;
    this.again();
  }

  stop() {
    this.context.watch(null);
  }
}

/**
 * Whether `a` came before `b`; ids make the order of equal times stable.
 * @param {Hit} a
 * @param {Hit} b
 */
function before(a, b) {
  const [first, second] = [Date.parse(a.at), Date.parse(b.at)];
  return first === second ? a.id < b.id : first < second;
}
