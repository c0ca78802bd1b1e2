// The stack of popups at the bottom right, one for each running call of this user.
/** @import { Call, Context } from "./types.js" */

import { Announcer } from "./announce.js";
import { now } from "./clock.js";
import { Card } from "./card.js";
import { h } from "./dom.js";
import { fellSilent, isOver, mine } from "./format.js";
import { t } from "./messages.js";
import { closedCalls, rememberClosed } from "./storage.js";

const OLDEST_MILLIS = 12 * 3_600_000;

export class Popups {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #closed = closedCalls();

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.announcer = new Announcer();
    this.stack = h("section", { class: "popups", "aria-label": t("popup.region") });
    this.element = h("div", {}, this.stack, this.announcer.element);
    this.unlisten = context.calls.listen((call) => (call ? this.show(call) : this.showRunning()));
    this.showRunning();
  }

  /** Opens and ends the popups that were missed while the connection was lost. */
  showRunning() {
    for (const call of this.context.calls.all()) this.show(call);
  }

  /** @param {Call} call */
  show(call) {
    const card = this.#cards.get(call.id);
    if (card) card.update(call);
    else if (this.#pops(call)) this.#open(call);
    this.#announce();
  }

  /** @param {Call} call */
  #pops(call) {
    const { extensions } = this.context.user;
    if (this.#closed.has(call.id) || isOver(call) || call.deleted_at !== null) return false;
    if (fellSilent(call)) return false;
    if (now() - Date.parse(call.started_at) > OLDEST_MILLIS) return false;
    if (!call.legs.some((leg) => extensions.includes(leg.extension))) return false;
    const state = mine(call, extensions);
    return state !== "elsewhere" && state !== "ended";
  }

  /** @param {Call} call */
  #open(call) {
    const card = new Card(call, this.context, () => this.#close(call.id));
    this.#cards.set(call.id, card);
    this.stack.prepend(card.element);
    this.announcer.opened(call);
  }

  /** @param {string} id */
  #close(id) {
    const card = this.#cards.get(id);
    if (!card) return;
    this.#closed.add(id);
    rememberClosed(this.#closed);
    card.stop();
    card.element.remove();
    this.#cards.delete(id);
    this.#announce();
  }

  #announce() {
    this.announcer.show(
      [...this.#cards.values()].map((card) => ({ call: card.call, state: card.state })),
    );
  }

  tick() {
    for (const [id, card] of this.#cards) {
      card.tick();
      if (card.done) this.#close(id);
    }
  }

  stop() {
    this.unlisten();
    this.announcer.show([]);
    for (const card of this.#cards.values()) card.stop();
  }
}
