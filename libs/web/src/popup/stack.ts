// The popups of all running calls: a bar to move, minimise and close them, and below it the newest
// call in full and many others as rows.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { duration, numberText, who } from "../calls/format";
import { ringSeconds, talkSeconds } from "../calls/state";
import { recall, remember } from "../core/storage";
import { h } from "../dom/dom";
import { counted, t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import type { Card } from "./card";
import { Seat } from "./seat";

/** More calls than these are shown as rows, but for the newest one. */
const FULL_MOST = 3;
/** The others are only counted, until the user wants to see them. */
const ROWS_MOST = 2;

export class Stack {
  /** The newest first. */
  #cards: readonly Card[] = [];
  #isMinimised = recall("minimised") === "yes";
  #showsAll = false;
  /** The call that the user has opened among the rows. */
  #opened: string | null = null;
  readonly #seat: Seat;
  readonly element = h("section", {
    class: "popups",
    id: "popups",
    "data-testid": "popups",
    hidden: true,
  });

  /** `close` closes the popups of these calls. */
  constructor(readonly close: (calls: string[]) => void) {
    this.element.setAttribute("aria-label", t("popup.region"));
    this.#seat = new Seat(this.element, () => this.#draw());
  }

  /** Shows these popups; a tab that does not lead shows none. */
  show(cards: readonly Card[], leads: boolean) {
    if (cards[0]?.call.id !== this.#cards[0]?.call.id) this.#opened = null;
    if (cards.length <= FULL_MOST) this.#showsAll = false;
    this.#cards = cards;
    const hidden = cards.length === 0 || !leads;
    this.#draw();
    if (hidden === this.element.hidden) return;
    this.element.hidden = hidden;
    this.#seat.settle();
  }

  /** Opens the popup of a call if it is only a row, or minimised, and gives it the focus. */
  focus(call: string) {
    this.#opened = call;
    if (this.#isMinimised) this.#minimise(false);
    this.#draw();
    const card = this.#cards.find((card) => card.call.id === call);
    delete this.element.dataset.folded;
    card?.element.focus({ preventScroll: true });
    card?.element.scrollIntoView({ block: "nearest" });
  }

  #minimise(isMinimised: boolean) {
    this.#isMinimised = isMinimised;
    remember("minimised", isMinimised ? "yes" : null);
    this.#draw();
    this.element.querySelector<HTMLElement>("[data-testid=popups-minimise]")?.focus();
  }

  /** The calls that are shown in full: all, or the newest and those in use. */
  #isFull(card: Card, at: number) {
    if (this.#cards.length <= FULL_MOST || card.busy) return true;
    if (card.element.contains(document.activeElement)) return true;
    return this.#opened === null ? at === 0 : this.#opened === card.call.id;
  }

  #draw() {
    this.element.toggleAttribute("data-minimised", this.#isMinimised);
    const full = new Set(this.#cards.filter((card, at) => this.#isFull(card, at)));
    const rows = this.#cards.filter((card) => !full.has(card));
    const shown = new Set(this.#showsAll ? rows : rows.slice(0, ROWS_MOST));
    for (const card of this.#cards) card.element.hidden = !full.has(card) || this.#isMinimised;
    const more = rows.length - ROWS_MOST;
    const content = html`${this.#bar()}
      <div class="popups-list" ?hidden=${this.#isMinimised}>
        ${repeat(
          this.#cards,
          (card) => card.call.id,
          (card) =>
            html`<div class="popups-entry" ?hidden=${!full.has(card) && !shown.has(card)}>
              ${shown.has(card) ? this.#row(card) : nothing}${card.element}
            </div>`,
        )}
        ${more > 0 ? this.#more(more) : nothing}
      </div>`;
    render(content, this.element);
  }

  #bar() {
    const label = t("popups.move", { corner: t(`corner.${this.#seat.corner}`) });
    return html`<header class="popups-bar">
      <button
        type="button"
        class="icon-button grip"
        aria-label=${label}
        title=${label}
        data-testid="popups-move"
        @click=${this.#seat.onClick}
        @pointerdown=${this.#seat.onDrag}
        @keydown=${this.#seat.onKey}
      >
        ${iconOf("grip")}
      </button>
      ${this.#title()}${this.#minimiser()}${this.#closer()}
    </header>`;
  }

  /** How many calls there are; of minimised ones also the newest. */
  #title() {
    const newest = this.#cards[0];
    const count = counted("popups.count", this.#cards.length);
    if (!newest || !this.#isMinimised) return html`<h2 class="popups-title">${count}</h2>`;
    return html`<h2 class="popups-title">
      ${this.#summary(newest)}
      ${this.#cards.length > 1 ? html`<span class="tag">${count}</span>` : nothing}
    </h2>`;
  }

  #minimiser() {
    const label = t(this.#isMinimised ? "popups.open" : "popups.minimise");
    return html`<button
      type="button"
      class="icon-button"
      aria-expanded=${!this.#isMinimised}
      aria-label=${label}
      title=${label}
      data-testid="popups-minimise"
      @click=${() => this.#minimise(!this.#isMinimised)}
    >
      ${iconOf(this.#isMinimised ? "expand" : "minimise")}
    </button>`;
  }

  #closer() {
    if (this.#cards.length < 2 || this.#isMinimised) return nothing;
    const close = () => this.close(this.#cards.map((card) => card.call.id));
    return html`<button
      type="button"
      class="button quiet small"
      data-testid="popups-close-all"
      @click=${close}
    >
      ${t("popups.closeAll")}
    </button>`;
  }

  #summary(card: Card) {
    const seconds = talkSeconds(card.call) || ringSeconds(card.call);
    const name = who(card.call).name || numberText(card.call.remote);
    return html`<span class="row-state pill-${card.state}" title=${t(`phase.${card.state}`)}>
        ${iconOf(card.state)}<span class="unseen">${t(`phase.${card.state}`)}</span>
      </span>
      <span class="row-name">${name}</span>
      <span class="row-time">${seconds === null ? "" : duration(seconds)}</span>`;
  }

  #row(card: Card) {
    const { call } = card;
    const label = t("popup.close", { number: numberText(call.remote) });
    return html`<div class="popup-row" data-testid="popup-row" data-call=${call.id}>
      <button type="button" class="popup-row-open" data-testid="popup-row-open" @click=${() => this.focus(call.id)}>
        ${this.#summary(card)}
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label=${label}
        title=${label}
        data-testid="popup-row-close"
        @click=${() => this.close([call.id])}
      >
        ${iconOf("close")}
      </button>
    </div>`;
  }

  #more(more: number) {
    const toggle = () => {
      this.#showsAll = !this.#showsAll;
      this.#draw();
    };
    return html`<button
      type="button"
      class="popups-more"
      aria-expanded=${this.#showsAll}
      data-testid="popups-more"
      @click=${toggle}
    >
      ${this.#showsAll ? t("popups.fewer") : t("popups.more", { n: more })}
    </button>`;
  }

  stop() {
    this.#seat.stop();
  }
}
