// The dial link of a user; empty fields mean the company's.
/** @import { DialLink } from "./device-types.js" */
/** @import { Context, View } from "./types.js" */

import { ApiError, reason } from "./api.js";
import { dialFields, dialOf } from "./dial-link.js";
import { fill, h } from "./dom.js";
import { Form } from "./form.js";
import { t } from "./messages.js";
import { address } from "./place.js";

const PATH = "/api/dial/link";

/** @implements {View} */
export class OwnLinkPage {
  element = h(
    "div",
    { class: "stack", "data-testid": "own-link" },
    h("p", { class: "empty", role: "status" }, t("loading")),
  );

  /** @param {Context} context */
  constructor(context) {
    this.api = context.api;
    void this.#read();
  }

  async #read() {
    try {
      const back = h("a", { class: "back", href: address("calls") }, t("own.back"));
      fill(this.element, back, panel(this.#form(await this.#own())));
    } catch (error) {
      fill(this.element, h("p", { class: "empty bad", role: "alert" }, reason(error)));
    }
  }

  /** @returns {Promise<DialLink | null>} */
  async #own() {
    try {
      return await this.api.ask("GET", PATH);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  /** @param {DialLink | null} own */
  #form(own) {
    const { link, spelling } = dialFields(own);
    let kept = own !== null;
    const form = new Form(t("form.save"), async () => {
      const dial = dialOf(link, spelling);
      if (dial !== null) await this.api.ask("PUT", PATH, dial);
      else if (kept) await this.api.ask("DELETE", PATH);
      kept = dial !== null;
      return t("form.saved");
    });
    return form.fill(
      form.field("link", t("dialLink.link"), link, t("dialLink.hint")),
      form.field("spelling", t("dialLink.spelling"), spelling),
    );
  }
}

/** @param {Node} form */
function panel(form) {
  const words = [
    h("h2", { id: "own-title" }, t("own.title")),
    h("p", { class: "meta" }, t("own.lead")),
  ];
  return h(
    "section",
    { class: "panel", "aria-labelledby": "own-title" },
    h("header", { class: "panel-head" }, h("div", {}, ...words)),
    h("div", { class: "panel-body" }, form),
  );
}
