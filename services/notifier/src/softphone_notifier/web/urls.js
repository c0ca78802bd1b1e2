// The lines to paste into the settings of a phone.
/** @import { DeviceApi } from "./device-api.js" */
/** @import { DeviceUrls, Pasted } from "./device-types.js" */

import { reason } from "./api.js";
import { copyable } from "./copy.js";
import { fill, h } from "./dom.js";
import { language, t } from "./messages.js";

export class Urls {
  body = h("div", { class: "urls" });

  /**
   * @param {DeviceApi} api
   * @param {string} device
   */
  constructor(api, device) {
    this.api = api;
    this.device = device;
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "urls-title" },
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          {},
          h("h3", { id: "urls-title" }, t("urls.title")),
          h("p", { class: "meta" }, t("urls.lead")),
        ),
      ),
      this.body,
    );
  }

  async read() {
    try {
      this.#draw(await this.api.urls(this.device));
    } catch (error) {
      fill(this.body, h("p", { class: "empty bad", role: "alert" }, reason(error)));
    }
  }

  /** @param {DeviceUrls} urls */
  #draw(urls) {
    const notes = urls.notes.map((note) => h("li", {}, note[language()]));
    fill(
      this.body,
      notes.length > 0 && h("ul", { class: "preset-notes" }, ...notes),
      h("ul", { class: "url-list" }, ...urls.items.map(item)),
    );
  }
}

/** @param {Pasted} pasted */
function item(pasted) {
  const events = pasted.events.map((event) => h("span", { class: "tag" }, eventText(event)));
  const post = pasted.method !== "GET";
  return h(
    "li",
    { class: "url", "data-testid": "url-row", "data-events": pasted.events.join(" ") },
    h(
      "div",
      { class: "url-head" },
      h("h4", {}, pasted.label),
      ...events,
      post && h("span", { class: "tag tag-method" }, pasted.method),
      length(pasted),
    ),
    copyable(pasted.text, { label: pasted.label, testid: "url" }),
    post && pasted.body !== "" && body(pasted),
  );
}

/** @param {Pasted} pasted */
function length({ length: n, limit, fits }) {
  if (limit === null) return null;
  const words = fits ? t("urls.length", { n, limit }) : t("urls.tooLong", { n, limit });
  return h(
    "span",
    { class: fits ? "meta url-length" : "url-length bad", "data-testid": "url-length" },
    words,
  );
}

/** @param {Pasted} pasted */
function body(pasted) {
  const type = pasted.content_type ? ` (${pasted.content_type})` : "";
  return h(
    "div",
    { class: "url-body" },
    h("p", { class: "meta" }, `${t("urls.body")}${type}`),
    copyable(pasted.body, { label: t("urls.body"), testid: "url-body" }),
  );
}

/** @param {string} event */
function eventText(event) {
  switch (event) {
    case "dialed":
    case "ringing":
    case "connected":
    case "ended":
    case "missed":
      return t(`event.${event}`);
    default:
      return event;
  }
}
