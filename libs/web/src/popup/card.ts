// One popup, which shows a call from its first ring to its end.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { duration, numberText } from "../calls/format";
import { fellSilent, type Mine, mine, ringSeconds, talkSeconds } from "../calls/state";
import { statusPill } from "../calls/status";
import { CallerContent } from "../card/content";
import { CommentBox } from "../comments/comment-box";
import type { Call } from "../core/types";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

const STAYS_MILLIS = 30_000;

export class Card {
  /** When the call ended for this user, by the page's clock. */
  #over: number | null = null;
  readonly #comments: CommentBox;
  readonly #caller: CallerContent;
  readonly element = h("article", { class: "card", "data-testid": "popup" });

  constructor(
    public call: Call,
    readonly context: Context,
    readonly close: () => void,
  ) {
    this.#comments = new CommentBox(call, context);
    this.#caller = new CallerContent(this.#subject(), context, "popup", () => this.tick());
    this.element.dataset.call = call.id;
    this.update(call);
  }

  get state(): Mine {
    return mine(this.call, this.context.user.extensions);
  }

  update(call: Call) {
    this.call = call;
    const isOver = ["elsewhere", "ended", "missed"].includes(this.state);
    this.#over = isOver ? (this.#over ?? performance.now()) : null;
    this.#comments.update(call);
    this.tick();
  }

  #subject() {
    const { call } = this;
    const isLive = this.#over === null && !fellSilent(call);
    const { remote, name, matches, matched } = call;
    return { remote, name, matches, matched, call, isLive };
  }

  /** Shows the popup to the user: reads what was before, and opens the record if it should. */
  lead() {
    this.#caller.load();
    if (this.call.direction === "inbound" && this.#over === null) this.#caller.act(this.call.id);
  }

  /** Draws what has changed, such as the seconds of a running call. */
  tick() {
    const { call, state } = this;
    this.element.dataset.phase = call.phase;
    this.element.dataset.state = state;
    this.element.setAttribute("aria-label", numberText(call.remote));
    const elsewhere = t("answered.elsewhere", { extension: call.answered_by ?? "" });
    this.#caller.subject = this.#subject();
    const content = html`
      <header class="card-head">${statusPill(state)}${this.#time()}${this.#closer()}</header>
      ${this.#caller.head()}
      <p class="meta card-line">${this.#line()}</p>
      <p class="elsewhere" data-testid="popup-elsewhere" ?hidden=${state !== "elsewhere"}>${elsewhere}</p>
      <div class="card-part">${this.#caller.records()}${this.#caller.actions()}</div>
      ${this.#caller.past()}${this.#comments.element}
    `;
    render(content, this.element);
  }

  /** The seconds of talk, or of ringing before the talk. */
  #seconds() {
    const [talk, ring] = [talkSeconds(this.call), ringSeconds(this.call)];
    const talked = talk !== null && (this.call.phase === "connected" || talk > 0);
    return { talked, ring, shown: talked ? talk : ring };
  }

  #time() {
    const { talked, shown } = this.#seconds();
    const time = shown === null ? "" : duration(shown);
    const title = time && t(talked ? "popup.talkTime" : "popup.ringTime", { time });
    return html`<span class="time" data-testid="popup-time" title=${title}>${time}</span>`;
  }

  #line() {
    const { talked, ring } = this.#seconds();
    const { extensions } = this.context.user;
    const own = this.call.legs.find((leg) => extensions.includes(leg.extension));
    const parts = [
      t(`direction.${this.call.direction}`),
      t("extension", { extension: own?.extension ?? this.call.extension }),
      talked && ring !== null && t("popup.rang", { time: duration(ring) }),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  #closer() {
    const label = t("popup.close", { number: numberText(this.call.remote) });
    return html`<button
      type="button"
      class="icon-button"
      aria-label=${label}
      title=${label}
      data-testid="popup-close"
      @click=${this.close}
    >
      ${iconOf("close")}
    </button>`;
  }

  /** Whether a comment is being written, or a dialog about the caller is open. */
  get busy() {
    return this.#comments.busy || this.#caller.busy;
  }

  /** Whether the popup can close: the call is long over or silent, and nobody uses the popup. */
  get done() {
    const isOver = this.#over !== null && performance.now() - this.#over >= STAYS_MILLIS;
    return (
      (isOver || fellSilent(this.call)) &&
      !this.busy &&
      !this.element.matches(":hover, :focus-within")
    );
  }

  stop() {
    this.#comments.stop();
    this.#caller.stop();
  }
}
