// Opens, follows and closes the popups of this user's running calls.

import { showBadge } from "../alerts/badge";
import { Sound } from "../alerts/sound";
import type { Context } from "../calls/context";
import { fellSilent, isOver, mine, rangAgainAt } from "../calls/state";
import { now } from "../core/clock";
import type { Call } from "../core/types";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { Announcer } from "./announcer";
import { Card } from "./card";
import { ClosedPopups } from "./closed";
import { Lead } from "./lead";
import { Stack } from "./stack";

const OLDEST_MILLIS = 12 * 3_600_000;

/**
 * Every tab of a user follows all calls; one of them shows the popups, sounds and notifies, and only
 * that one closes popups by itself.
 */
export class Popups {
  /** The oldest first. */
  #cards: Map<string, Card> = new Map();
  readonly #closed: ClosedPopups;
  /** The call that the current view shows. */
  #displayed: string | null = null;
  /** The element that had the focus before a popup had it. */
  #before: Element | null = null;
  readonly #lead: Lead;
  readonly #sound = new Sound();
  readonly #unlisten: (() => void)[];

  /** Called with the number of calls that wait to be opened by hand. */
  onWaiting: (count: number) => void = () => {};
  /** The second link of the page: the popups come last in the order of the Tab key. */
  readonly skipLink: HTMLAnchorElement;
  readonly announcer: Announcer;
  readonly stack: Stack;
  readonly element: HTMLDivElement;

  constructor(readonly context: Context) {
    const { user, calls, preferences } = context;
    this.announcer = new Announcer(preferences);
    this.stack = new Stack((ids) => this.#close(ids));
    this.element = h("div", {}, this.stack.element, this.announcer.element);
    const onclick = (event: Event) => {
      event.preventDefault(); // the fragment of the address names the view
      this.toggleFocus();
    };
    const props = { class: "skip", href: "#popups", "data-testid": "skip-popups", onclick };
    this.skipLink = h("a", { ...props, hidden: true }, t("skip.popups"));
    this.stack.element.addEventListener("focusin", this.#entered);
    this.#closed = new ClosedPopups(user.id, () => this.showRunning());
    this.#lead = new Lead(`softphone.popups.${user.id}`, () => this.#draw());
    this.#unlisten = [
      calls.listen((call) => (call ? this.show(call) : this.showRunning())),
      preferences.listen(() => this.showRunning()),
    ];
    this.showRunning();
  }

  /** Opens and ends the popups that were missed while the connection was lost. */
  showRunning() {
    for (const call of this.context.calls.all()) this.#follow(call);
    this.#draw();
  }

  show(call: Call) {
    this.#follow(call);
    this.#draw();
  }

  #follow(call: Call) {
    const card = this.#cards.get(call.id);
    if (card && this.#closed.has(this.#roundOf(call))) this.#drop(card);
    else if (card) card.update(call);
    else if (this.#pops(call) && !this.#waits(call)) this.#open(call);
  }

  displayed(call: string | null) {
    this.#displayed = call;
    this.#draw();
  }

  /** Whether the call is one that has a popup, now or once it is opened by hand. */
  #pops(call: Call) {
    const { extensions } = this.context.user;
    if (this.#closed.has(this.#roundOf(call)) || isOver(call) || call.deleted_at !== null)
      return false;
    if (fellSilent(call)) return false;
    if (now() - Date.parse(rangAgainAt(call) ?? call.started_at) > OLDEST_MILLIS) return false;
    if (!call.legs.some((leg) => extensions.includes(leg.extension))) return false;
    const state = mine(call, extensions);
    return state !== "elsewhere" && state !== "ended";
  }

  /** Whether the popup of a call does not open by itself, or not yet. */
  #waits(call: Call) {
    if (call.direction === "outbound") return false; // the user's own act
    const { doNotDisturb, popOn } = this.context.preferences;
    if (doNotDisturb || popOn === "hand") return true;
    return popOn === "answer" && mine(call, this.context.user.extensions) !== "connected";
  }

  /** The calls without a popup that can be opened by hand. */
  #waiting() {
    const calls = this.context.calls.all();
    return calls.filter((call) => !this.#cards.has(call.id) && this.#pops(call));
  }

  /**
   * Returns the key of a closed popup, another one for each time that a queue rings here again.
   */
  #roundOf(call: Call) {
    return [call.id, rangAgainAt(call, this.context.user.extensions)].filter(Boolean).join(" ");
  }

  #open(call: Call) {
    const card = new Card(call, this.context, () => this.#close([call.id]));
    card.element.tabIndex = -1; // the key that leads to the newest popup
    this.#cards.set(call.id, card);
    if (this.#lead?.leads) this.announcer.opened(call);
  }

  #close(ids: string[]) {
    const cards = ids.flatMap((id) => this.#cards.get(id) ?? []);
    this.#closed.add(...cards.map((card) => this.#roundOf(card.call)));
    const isUsed = this.#hasFocus();
    for (const card of cards) this.#drop(card);
    this.#draw();
    if (isUsed && !this.#hasFocus()) this.#goBack();
  }

  #drop(card: Card) {
    card.stop();
    this.#cards.delete(card.call.id);
  }

  #hasFocus() {
    return this.stack.element.contains(document.activeElement);
  }

  #entered = ({ relatedTarget }: FocusEvent) => {
    const from = relatedTarget as Element | null;
    if (!this.stack.element.contains(from)) this.#before = from;
  };

  /** Gives the focus back to what had it, or to the view if that is gone. */
  #goBack() {
    const before = this.#before as HTMLElement | null;
    before?.focus({ preventScroll: before.id === "content" });
    if (document.activeElement === before && before !== null) return;
    document.getElementById("content")?.focus({ preventScroll: true });
  }

  /** Gives the focus to the newest popup, and back. Returns false without one. */
  toggleFocus() {
    if (this.#hasFocus()) {
      this.#goBack();
      return true;
    }
    const newest = this.#shown()[0] ?? this.openWaiting();
    if (newest) this.stack.focus(newest.call.id);
    return newest !== undefined;
  }

  /** Opens the calls that wait to be opened by hand; returns the newest popup. */
  openWaiting(): Card | undefined {
    for (const call of this.#waiting()) this.#open(call);
    this.#draw();
    return this.#shown()[0];
  }

  /** Closes the popup that has the focus; false if none has it. */
  closeFocused() {
    const focused = document.activeElement?.closest<HTMLElement>("[data-call]");
    if (!focused || !this.stack.element.contains(focused)) return false;
    this.#close([focused.dataset.call ?? ""]);
    return true;
  }

  /** The popups that can be seen, the newest first. */
  #shown() {
    const cards = [...this.#cards.values()].reverse();
    return cards.filter((card) => card.call.id !== this.#displayed);
  }

  #draw() {
    const leads = this.#lead?.leads ?? false; // the tab is asked for while it is constructed
    if (!leads && this.#hasFocus()) this.#goBack();
    this.stack.show(this.#shown(), leads);
    this.skipLink.hidden = this.stack.element.hidden;
    const waiting = this.#waiting();
    this.onWaiting(leads ? waiting.length : 0);
    const cards = [...this.#cards.values()];
    if (leads) for (const card of cards) card.lead();
    this.announcer.show(
      cards.map((card) => ({ call: card.call, state: card.state })),
      leads,
    );
    const ringing = [...cards.map((card) => card.call), ...waiting].filter((call) =>
      this.#rings(call),
    );
    const { sound, doNotDisturb } = this.context.preferences;
    showBadge(doNotDisturb ? 0 : ringing.length);
    this.#sound.ring(leads && sound && !doNotDisturb && ringing.length > 0);
  }

  #rings(call: Call) {
    const state = mine(call, this.context.user.extensions);
    return state === "ringing" && call.direction === "inbound" && !fellSilent(call);
  }

  tick() {
    for (const card of this.#cards.values()) card.tick();
    const done = [...this.#cards.values()].filter((card) => card.done);
    if (this.#lead.leads && done.length > 0) this.#close(done.map((card) => card.call.id));
    else this.#draw();
  }

  stop() {
    for (const unlisten of this.#unlisten) unlisten();
    this.#lead.stop();
    this.#closed.stop();
    this.#sound.stop();
    showBadge(0);
    this.announcer.stop();
    this.stack.stop();
    for (const card of this.#cards.values()) card.stop();
  }
}
