// The recent hits of one phone, live and as they are stored.

import { html, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Context } from "../calls/context";
import { placeQuery } from "../core/place";
import { ApiError } from "../core/request";
import type { Hit } from "../core/types";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import type { HitApi } from "./hit-api";
import type { Replay } from "./hit-details";
import { type HitActions, hitRow, understood } from "./hit-row";

/** The most hits that are kept of those that come in; older ones are read on demand. */
const SHOWN_MOST = 200;

/** Pages on which a hit is looked for that the address names. */
const PAGES_SEARCHED = 20;

/** The list is read again, since a hit may come while the page is not subscribed. */
const FIRST_REFRESH_MILLIS = 2_000;
const REFRESH_MILLIS = 30_000;

export class Inspector {
  /** The newest first. */
  #hits: readonly Hit[] = [];
  #next: string | null = null;
  #isLoaded = false;
  #failure = "";
  #refreshAt = performance.now() + FIRST_REFRESH_MILLIS;
  #onlyErrors = false;
  /** The hits that came in during a pause; null while there is none. */
  #held: Hit[] | null = null;
  /** The latest hit in words, for screen readers. */
  #news = "";
  /** The ids of the hits that are open. */
  readonly #open = new Set<string>();
  readonly #replays = new Map<string, Replay>();
  readonly #actions: HitActions;
  readonly element = panelOf("inspector", "hits-title");

  constructor(
    readonly context: Context,
    readonly api: HitApi,
    readonly device: string,
    trial: (hit: Hit) => void,
  ) {
    this.#actions = { trial, toggle: this.#toggle, replay: (hit) => void this.#replay(hit) };
    this.#draw();
    context.watch(device);
    void this.read(null).then(() => this.#openNamed(placeQuery().get("hit")));
  }

  /** Opens the hit that the address names, which may be on an older page. */
  async #openNamed(id: string | null) {
    for (let pages = 0; id !== null && pages < PAGES_SEARCHED; pages++) {
      const hit = this.#hits.find((each) => each.id === id);
      if (hit) {
        this.#toggle(hit);
        this.element.querySelector<HTMLElement>(`[data-hit="${id}"] .hit-line`)?.focus();
        return;
      }
      if (this.#next === null) return;
      await this.read(this.#next);
    }
  }

  #draw() {
    const isEmpty = this.#hits.length === 0;
    const none = this.#isLoaded
      ? t(this.#onlyErrors ? "hits.noErrors" : "hits.empty")
      : t("loading");
    const note = this.#failure || (isEmpty ? none : "");
    render(
      html`<header class="panel-head">
          <div>
            <h3 id="hits-title">${t("hits.title")}</h3>
            <p class="meta">${t("hits.lead")}</p>
          </div>
          ${this.#tools()}
        </header>
        <ol class="hits" ?hidden=${isEmpty}>
          ${repeat(
            this.#hits,
            ({ id }) => id,
            (hit) => this.#row(hit),
          )}
        </ol>
        <p class=${this.#failure ? "empty bad" : "empty"} role="status" ?hidden=${note === ""}>${note}</p>
        <p class="unseen" role="status">${this.#news}</p>
        <div class="panel-foot">
          <button
            type="button"
            class="button quiet"
            data-testid="hits-more"
            ?hidden=${this.#next === null}
            @click=${() => void this.read(this.#next)}
          >
            ${t("hits.more")}
          </button>
        </div>`,
      this.element,
    );
  }

  #row(hit: Hit) {
    const state = { isOpen: this.#open.has(hit.id), replay: this.#replays.get(hit.id) };
    return hitRow(hit, state, this.#actions);
  }

  #tools() {
    const held = this.#held;
    const words = held?.length ? counted("hits.held", held.length) : t("hits.resume");
    const choose = (event: Event) => this.#choose((event.target as HTMLInputElement).checked);
    // styles show the sign that is true
    return html`<div class="hits-tools">
      <label class="check">
        <input type="checkbox" data-testid="hits-errors" @change=${choose} />${t("hits.onlyErrors")}
      </label>
      <button
        type="button"
        class="button quiet"
        aria-pressed=${held !== null}
        data-testid="hits-pause"
        @click=${() => this.#turnPause()}
      >
        ${held === null ? t("hits.pause") : words}
      </button>
      <span class="live" data-testid="hits-live"><span class="dot"></span>${t("hits.live")}</span>
      <span class="live live-off" data-testid="hits-off"><span class="dot"></span>${t("hits.off")}</span>
    </div>`;
  }

  #choose(onlyErrors: boolean) {
    this.#onlyErrors = onlyErrors;
    this.#hits = [];
    this.#isLoaded = false;
    this.#next = null;
    void this.read(null);
  }

  /** Holds what comes in back, so that rows stay where they are while somebody reads them. */
  #turnPause() {
    const held = this.#held;
    this.#held = held === null ? [] : null;
    this.element.classList.toggle("paused", held === null);
    for (const hit of held ?? []) this.hit(hit);
    if (held !== null) void this.read(null);
    this.#draw();
  }

  async read(cursor: string | null) {
    if (cursor === null && this.#held !== null) return;
    const onlyErrors = this.#onlyErrors;
    try {
      const page = await this.api.list(cursor, onlyErrors);
      if (onlyErrors !== this.#onlyErrors) return;
      for (const hit of page.items) this.#put(hit);
      if (cursor !== null || !this.#isLoaded) this.#next = page.next;
      this.#isLoaded = true;
      this.#failure = "";
    } catch (error) {
      this.#failure = t("hits.failed", { why: reason(error) });
    }
    this.#draw();
  }

  hit(hit: Hit) {
    if (hit.device !== this.device) return;
    const isKnown = this.#hits.some(({ id }) => id === hit.id); // one that was replayed
    if (this.#onlyErrors && hit.outcome !== "refused" && !isKnown) return;
    if (this.#held === null) {
      this.#put(hit);
      this.#hits = this.#hits.slice(0, SHOWN_MOST);
      this.#news = `${t(`outcome.${hit.outcome}`)}: ${understood(hit)}`;
      this.#failure = "";
    } else this.#held.push(hit);
    this.#draw();
  }

  /** Puts a hit in its place, or in that of its earlier state. */
  #put(hit: Hit) {
    const others = this.#hits.filter(({ id }) => id !== hit.id);
    const place = others.findIndex((other) => before(other, hit));
    const later = place < 0 ? others.length : place;
    this.#hits = [...others.slice(0, later), hit, ...others.slice(later)];
  }

  #toggle = ({ id }: Hit) => {
    const isOpened = !this.#open.delete(id);
    this.#replays.delete(id);
    if (isOpened) this.#open.add(id);
    this.#draw();
    if (isOpened) void this.read(null); // with the matches found meanwhile
  };

  /** Replays a refused hit and says at its button what came of it. */
  async #replay(hit: Hit) {
    this.#say(hit, { isBusy: true, words: "", isBad: false });
    try {
      const now = await this.api.replay(hit.id);
      this.#put(now);
      const words = t("hit.became", { what: understood(now) });
      this.#say(hit, { isBusy: false, words, isBad: false });
    } catch (error) {
      this.#say(hit, { isBusy: false, words: this.#failed(hit, error), isBad: true });
    }
  }

  #say({ id }: Hit, replay: Replay) {
    this.#replays.set(id, replay);
    this.#draw();
  }

  /** Shows what is still wrong with a hit, and returns the reason as text. */
  #failed(hit: Hit, error: unknown) {
    const wrong = error instanceof ApiError ? error.problem.errors?.[0] : undefined;
    if (!wrong) return reason(error);
    const { field, code = null, params = {}, message } = wrong;
    const still = { ...hit, field, code, params, why: message };
    this.#put(still);
    return t("hit.still", { why: understood(still) });
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

/** Whether `a` came before `b`; ids make the order of equal times stable. */
function before(a: Hit, b: Hit) {
  const [first, second] = [Date.parse(a.at), Date.parse(b.at)];
  return first === second ? a.id < b.id : first < second;
}
