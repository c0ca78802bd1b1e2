// One popup, which shows a call from its first ring to its end.
/** @import { Call, Context, Mine } from "./types.js" */

import { CommentBox } from "./comments.js";
import { fill, h, icon, setText } from "./dom.js";
import { duration, fellSilent, mine, numberText, ringSeconds, talkSeconds } from "./format.js";
import { matchList } from "./matches.js";
import { t } from "./messages.js";
import { numberOf, showStatus } from "./status.js";

const STAYS_MILLIS = 30_000;

export class Card {
  /** When the call ended for this user, by the page's clock. @type {number | null} */
  #over = null;
  #shownNumber = "";

  /**
   * @param {Call} call
   * @param {Context} context
   * @param {() => void} close
   */
  constructor(call, context, close) {
    this.call = call;
    this.context = context;
    this.pill = h("span", { class: "pill" });
    this.time = h("span", { class: "time", "data-testid": "popup-time" });
    this.line = h("p", { class: "meta" });
    this.number = h("p", { class: "card-number" });
    this.phoneName = h("p", { class: "meta", "data-testid": "popup-name" });
    this.elsewhere = h("p", { class: "elsewhere", "data-testid": "popup-elsewhere" });
    this.matches = matchList(call, "popup-match");
    this.comments = new CommentBox(call, context);
    this.closer = h(
      "button",
      { type: "button", class: "icon-button", "data-testid": "popup-close", onclick: close },
      icon("close"),
    );
    this.element = h(
      "article",
      { class: "card", "data-testid": "popup", "data-call": call.id },
      h("header", { class: "card-head" }, this.pill, this.time, this.closer),
      this.number,
      this.line,
      this.phoneName,
      this.elsewhere,
      this.matches.element,
      this.comments.element,
    );
    this.update(call);
  }

  /** @returns {Mine} */
  get state() {
    return mine(this.call, this.context.user.extensions);
  }

  /** @param {Call} call */
  update(call) {
    this.call = call;
    const state = this.state;
    const over = state === "elsewhere" || state === "ended" || state === "missed";
    this.#over = over ? (this.#over ?? performance.now()) : null;
    this.element.dataset.phase = call.phase;
    this.element.dataset.state = state;
    showStatus(this.pill, state);
    this.#showNumber(over);
    setText(this.phoneName, call.name ? t("phone.says", { name: call.name }) : "");
    this.phoneName.hidden = call.name === "";
    setText(this.elsewhere, t("answered.elsewhere", { extension: call.answered_by ?? "" }));
    this.elsewhere.hidden = state !== "elsewhere";
    this.comments.update(call);
    this.tick();
  }

  #ownExtension() {
    const own = this.call.legs.find((leg) => this.context.user.extensions.includes(leg.extension));
    return own?.extension ?? this.call.extension;
  }

  /** @param {boolean} over */
  #showNumber(over) {
    const now = JSON.stringify([this.call.remote, over]);
    if (now === this.#shownNumber) return;
    this.#shownNumber = now;
    fill(this.number, numberOf(this.call, this.context, { testid: "popup-number", live: !over }));
    const label = t("popup.close", { number: numberText(this.call.remote) });
    this.closer.setAttribute("aria-label", label);
    this.closer.title = label;
    this.element.setAttribute("aria-label", numberText(this.call.remote));
  }

  tick() {
    this.matches.update(this.call);
    const [talk, ring] = [talkSeconds(this.call), ringSeconds(this.call)];
    const talked = talk !== null && (this.call.phase === "connected" || talk > 0);
    const seconds = talked ? talk : ring;
    const time = seconds === null ? "" : duration(seconds);
    setText(this.time, time);
    this.time.title = time && t(talked ? "popup.talkTime" : "popup.ringTime", { time });
    const parts = [
      t(`direction.${this.call.direction}`),
      t("extension", { extension: this.#ownExtension() }),
      talked && ring !== null && t("popup.rang", { time: duration(ring) }),
    ];
    setText(this.line, parts.filter(Boolean).join(" · "));
  }

  /** Whether the popup can close: the call is long over or silent, and nobody uses the popup. */
  get done() {
    const over = this.#over !== null && performance.now() - this.#over >= STAYS_MILLIS;
    return (
      (over || fellSilent(this.call)) &&
      !this.comments.busy &&
      !this.element.matches(":hover, :focus-within")
    );
  }

  stop() {
    this.comments.stop();
  }
}
