// The recycle bin, where administrators see who deleted a call and can restore it.
/** @import { Call, Context, View } from "./types.js" */

import { reason } from "./api.js";
import { fill, h, icon, setText } from "./dom.js";
import { numberText, when, who } from "./format.js";
import { t } from "./messages.js";
import { showStatus } from "./status.js";

/** @implements {View} */
export class Bin {
  /** @type {Call[]} */
  #calls = [];
  /** @type {string | null} */
  #next = null;

  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.list = h("ul", { class: "bin" });
    this.note = h("p", { class: "empty", role: "status" }, t("loading"));
    this.more = h(
      "button",
      {
        type: "button",
        class: "button quiet",
        hidden: true,
        onclick: () => void this.read(this.#next),
      },
      t("history.more"),
    );
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "bin-title", "data-testid": "bin" },
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          {},
          h("h2", { id: "bin-title" }, t("bin.title")),
          h("p", { class: "meta" }, t("bin.lead")),
        ),
      ),
      this.list,
      this.note,
      h("div", { class: "panel-foot" }, this.more),
    );
    void this.read(null);
  }

  /** @param {string | null} cursor */
  async read(cursor) {
    try {
      const page = await this.context.api.bin(cursor);
      this.#calls = cursor === null ? page.items : [...this.#calls, ...page.items];
      this.#next = page.next;
      this.#draw(t("bin.empty"));
    } catch (error) {
      this.#draw(t("bin.failed", { why: reason(error) }));
    }
  }

  /** @param {string} note shown while the list is empty */
  #draw(note) {
    fill(this.list, ...this.#calls.map((call) => this.#item(call)));
    this.list.hidden = this.#calls.length === 0;
    setText(this.note, this.#calls.length ? "" : note);
    this.note.hidden = this.#calls.length > 0;
    this.more.hidden = this.#next === null;
  }

  /** @param {Call} call */
  #item(call) {
    const pill = h("span", { class: "pill" });
    showStatus(pill, call.phase);
    const button = h(
      "button",
      { type: "button", class: "button quiet", "data-testid": "bin-restore" },
      icon("restore"),
      t("bin.restore"),
    );
    button.addEventListener("click", () => void this.#restore(call, button));
    const deleted = t("bin.deleted", {
      when: when(call.deleted_at ?? call.started_at),
      who: call.deleted_by ?? "?",
    });
    const { name } = who(call);
    const line = call.extension && t("extension", { extension: call.extension });
    return h(
      "li",
      { class: "bin-item", "data-testid": "bin-row", "data-call": call.id },
      pill,
      h(
        "div",
        { class: "who" },
        h(
          "span",
          { class: "who-name" },
          [name, numberText(call.remote)].filter(Boolean).join(" · "),
        ),
        h(
          "span",
          { class: "meta" },
          [when(call.started_at), line, deleted].filter(Boolean).join(" · "),
        ),
      ),
      button,
    );
  }

  /**
   * @param {Call} call
   * @param {HTMLButtonElement} button
   */
  async #restore(call, button) {
    button.disabled = true;
    try {
      await this.context.api.restore(call.id);
      this.#calls = this.#calls.filter((other) => other !== call);
      this.#draw(t("bin.empty"));
      this.context.say(t("bin.restored"), "good");
      void this.context.reload();
    } catch (error) {
      button.disabled = false;
      this.context.say(t("bin.notRestored", { why: reason(error) }), "bad");
    }
  }
}
