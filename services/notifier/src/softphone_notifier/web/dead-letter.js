// One dead letter in the list. Its content comes from strangers and is shown as text only.
/** @import { DeadLetter } from "./types.js" */

import { confirmButton } from "./confirm.js";
import { fill, h, icon } from "./dom.js";
import { when } from "./format.js";
import { t } from "./messages.js";

/**
 * @typedef {object} LetterActions
 * @property {(letter: DeadLetter) => Promise<void>} replay
 * @property {(letter: DeadLetter) => Promise<void>} drop
 */

const ICONS = { waiting: "missed", replayed: "restore" };
const PILLS = { waiting: "refused", replayed: "accepted" };

export class DeadLetterRow {
  /** @type {HTMLElement | null} */
  #details = null;

  /**
   * @param {DeadLetter} letter
   * @param {LetterActions} actions
   */
  constructor(letter, actions) {
    this.actions = actions;
    this.line = h("button", {
      type: "button",
      class: "hit-line letter-line",
      "aria-expanded": "false",
      "data-testid": "letter-open",
      onclick: () => this.toggle(),
    });
    this.element = h(
      "li",
      { class: "hit", "data-testid": "letter-row", "data-letter": letter.id },
      this.line,
    );
    this.letter = letter;
    this.update(letter);
  }

  /** @param {DeadLetter} letter */
  update(letter) {
    this.letter = letter;
    const { state } = letter;
    this.element.dataset.state = state;
    fill(
      this.line,
      h("span", { class: "hit-time" }, when(letter.last_at)),
      h("span", { class: `pill pill-${PILLS[state]}` }, icon(ICONS[state]), t(`letter.${state}`)),
      h("span", { class: "hit-request" }, letter.queue),
      h("span", { class: "hit-read", "data-testid": "letter-reason" }, letter.reason),
      icon("chevron"),
    );
    if (this.#details) this.#open();
  }

  toggle() {
    const open = this.#details === null;
    this.line.setAttribute("aria-expanded", String(open));
    this.element.classList.toggle("open", open);
    if (open) this.#open();
    else {
      this.#details?.remove();
      this.#details = null;
    }
  }

  #open() {
    const details = h(
      "div",
      { class: "hit-details", "data-testid": "letter-details" },
      h("div", { class: "hit-part" }, h("h4", {}, t("letter.facts")), facts(this.letter)),
      h(
        "div",
        { class: "hit-part" },
        h("h4", {}, t("letter.body")),
        h("pre", { class: "raw", tabindex: 0, "data-testid": "letter-body" }, this.letter.body),
        h(
          "details",
          {},
          h("summary", {}, t("letter.headers")),
          h("pre", { class: "raw", tabindex: 0 }, JSON.stringify(this.letter.headers, null, 1)),
        ),
      ),
      h("div", { class: "hit-actions" }, this.#replayButton(), this.#dropButton()),
    );
    if (this.#details) this.#details.replaceWith(details);
    else this.element.append(details);
    this.#details = details;
  }

  #replayButton() {
    if (this.letter.state === "replayed") return null;
    const button = h(
      "button",
      { type: "button", class: "button", "data-testid": "letter-replay" },
      t("letter.replay"),
    );
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.actions.replay(this.letter);
      button.disabled = false;
    });
    return button;
  }

  #dropButton() {
    return confirmButton({
      label: t("letter.drop"),
      question: t("letter.dropSure"),
      testid: "letter-drop",
      action: () => this.actions.drop(this.letter),
    });
  }
}

/** @param {DeadLetter} letter */
function facts(letter) {
  const rows = [
    [t("letter.type"), letter.type],
    [t("letter.tenant"), letter.tenant],
    [t("letter.first"), when(letter.first_at)],
    [t("letter.last"), when(letter.last_at)],
    [t("letter.times"), String(letter.times)],
    [t("letter.replayedAt"), letter.replayed_at && when(letter.replayed_at)],
    [t("letter.reason"), letter.reason],
  ];
  const told = rows.filter(([, value]) => value);
  return h(
    "table",
    { class: "facts-table" },
    h(
      "tbody",
      {},
      ...told.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))),
    ),
  );
}
