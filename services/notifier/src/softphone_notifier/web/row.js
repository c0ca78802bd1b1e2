// One call in the list, as a row that opens and keeps a comment that is being written.
/** @import { Call, Context } from "./types.js" */

import { Details } from "./details.js";
import { fill, h, icon, setText } from "./dom.js";
import { duration, numberText, ringSeconds, talkSeconds, when, who } from "./format.js";
import { t } from "./messages.js";
import { numberOf, showStatus } from "./status.js";

export class Row {
  /** @type {Details | null} */
  #details = null;
  #shownNumber = "";
  pill = h("span", { class: "pill" });
  direction = h("span", { class: "direction" });
  name = h("span", { class: "who-name" });
  others = h("span", { class: "tag" });
  number = h("span", {});
  extension = h("td", { class: "c-extension", "data-label": t("history.extension") });
  when = h("td", { class: "c-when", "data-testid": "row-when" });
  ring = h("td", { class: "c-time", "data-label": t("history.ring"), "data-testid": "row-ring" });
  talk = h("td", { class: "c-time", "data-label": t("history.talk"), "data-testid": "row-talk" });
  notes = h("span", { class: "notes" });

  /**
   * @param {Call} call
   * @param {Context} context
   */
  constructor(call, context) {
    this.call = call;
    this.context = context;
    this.opener = h(
      "button",
      { type: "button", class: "icon-button", "aria-expanded": "false", "data-testid": "row-open" },
      icon("chevron"),
    );
    this.opener.addEventListener("click", () => this.toggle());
    this.element = h(
      "tbody",
      { class: "row", "data-testid": "call-row", "data-call": call.id },
      this.#line(),
    );
    this.update(call);
  }

  #line() {
    const names = h("span", { class: "who-line" }, this.name, this.others);
    const who = h("span", { class: "who" }, names, this.number);
    const clicked = (/** @type {MouseEvent} */ event) => this.#clicked(event);
    return h(
      "tr",
      { class: "line", onclick: clicked },
      h("td", { class: "c-status" }, this.pill),
      h("td", { class: "c-who", "data-testid": "row-who" }, h("div", {}, this.direction, who)),
      this.extension,
      this.when,
      this.ring,
      this.talk,
      h("td", { class: "c-more" }, h("div", {}, this.notes, this.opener)),
    );
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (!target.closest("button, a") && !getSelection()?.toString()) this.toggle();
  }

  /** @param {Call} call */
  update(call) {
    this.call = call;
    this.element.dataset.phase = call.phase;
    showStatus(this.pill, call.phase);
    const { name, others } = who(call);
    setText(this.name, name);
    this.name.hidden = name === "";
    setText(this.others, t("history.others", { n: others }));
    this.others.hidden = others === 0;
    this.#showNumber();
    setText(this.extension, call.extension);
    setText(this.when, when(call.started_at));
    this.showNotes();
    this.#details?.update(call);
    this.tick();
  }

  #showNumber() {
    const now = JSON.stringify([this.call.remote, this.call.direction]);
    if (now === this.#shownNumber) return;
    this.#shownNumber = now;
    fill(this.number, numberOf(this.call, this.context, { testid: "row-number", live: false }));
    const word = t(`direction.${this.call.direction}`);
    fill(this.direction, icon(this.call.direction), h("span", { class: "unseen" }, word));
    this.direction.title = word;
    this.opener.setAttribute(
      "aria-label",
      t("history.details", { number: numberText(this.call.remote) }),
    );
  }

  showNotes() {
    const count = this.call.comments.length;
    const draft = this.context.drafts.get(this.call.id) !== null;
    this.notes.title = count ? t("history.comments", { n: count }) : "";
    fill(
      this.notes,
      draft && h("span", { class: "tag tag-draft" }, t("comment.draft")),
      count > 0 && icon("comment"),
      count > 0 && h("span", { "data-testid": "row-comments" }, String(count)),
      count > 0 && h("span", { class: "unseen" }, t("comment.list")),
    );
  }

  tick() {
    const talk = talkSeconds(this.call);
    const never = talk === 0 && this.call.answered_by === null;
    showDuration(this.ring, ringSeconds(this.call));
    showDuration(this.talk, never ? null : talk);
    this.#details?.update(this.call);
  }

  open() {
    if (this.#details === null) this.toggle();
  }

  toggle() {
    const open = this.#details === null;
    this.opener.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("open", open);
    if (open) this.element.append((this.#details = new Details(this.call, this.context)).element);
    else this.stop();
  }

  stop() {
    this.#details?.stop();
    this.#details?.element.remove();
    this.#details = null;
  }
}

/**
 * @param {HTMLElement} cell
 * @param {number | null} seconds
 */
function showDuration(cell, seconds) {
  setText(cell, seconds === null ? "–" : duration(seconds));
  cell.classList.toggle("none", seconds === null);
}
