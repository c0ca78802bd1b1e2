// The details of a call in an opened row of the list.
/** @import { Call, Context } from "./types.js" */

import { CommentBox } from "./comments.js";
import { fill, h } from "./dom.js";
import { when } from "./format.js";
import { matchList } from "./matches.js";
import { t } from "./messages.js";

export class Details {
  #shown = "";

  /**
   * @param {Call} call
   * @param {Context} context
   */
  constructor(call, context) {
    this.matches = matchList(call, "row-match");
    this.facts = h("div", { class: "facts" });
    this.comments = new CommentBox(call, context);
    this.element = h(
      "tr",
      { class: "details" },
      h(
        "td",
        { colspan: 7 },
        h(
          "div",
          { class: "details-grid" },
          h("div", {}, this.matches.element, this.facts),
          this.comments.element,
        ),
      ),
    );
    this.update(call);
  }

  /** @param {Call} call */
  update(call) {
    this.matches.update(call);
    const now = JSON.stringify(call);
    if (now === this.#shown) return;
    this.#shown = now;
    this.comments.update(call);
    const named = call.legs.filter((leg) => leg.extension !== "");
    const lines = named.map((leg) => h("li", {}, legText(leg)));
    fill(
      this.facts,
      call.name !== "" && h("p", { class: "meta" }, t("phone.says", { name: call.name })),
      lines.length > 0 && h("h3", {}, t("history.legs")),
      lines.length > 0 && h("ul", { class: "legs" }, ...lines),
      call.reason !== "" && h("p", { class: "meta" }, `${t("history.reason")}: ${call.reason}`),
    );
  }

  stop() {
    this.comments.stop();
  }
}

/** @param {Call["legs"][number]} leg */
function legText(leg) {
  const begun = leg.rung_at ?? leg.dialed_at ?? leg.connected_at ?? leg.ended_at;
  const state = t(`phase.${leg.answered && leg.phase === "missed" ? "ended" : leg.phase}`);
  return [t("extension", { extension: leg.extension }), state, begun && when(begun)]
    .filter(Boolean)
    .join(" · ");
}
