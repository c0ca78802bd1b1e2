// The dry run: shows how a pasted request would be read with the settings in the forms.
/** @import { DeviceApi } from "./device-api.js" */
/** @import { HitRequest, Trial, Tried } from "./device-types.js" */

import { fill, h } from "./dom.js";
import { FieldError, Form } from "./form.js";
import { eventFacts } from "./hit-details.js";
import { outcomePill, understood } from "./hit.js";
import { t } from "./messages.js";

export class TrialForm {
  result = h("div", { class: "trial-result", role: "status", "data-testid": "trial-result" });
  request = h("textarea", {
    class: "code",
    rows: 6,
    spellcheck: "false",
    placeholder: "GET /ringing?number=08999998001&extension=21 HTTP/1.1",
    "data-testid": "trial-request",
  });

  /**
   * @param {DeviceApi} api
   * @param {string} device
   * @param {() => Omit<Trial, "request">} unsaved
   */
  constructor(api, device, unsaved) {
    this.form = new Form(t("trial.try"), async () => {
      fill(this.result);
      const request = this.request.value;
      if (!request.trim()) throw new FieldError("request", t("form.missing"));
      this.#show(await api.try(device, { request, ...unsaved() }));
      return "";
    });
    this.form.button.dataset.testid = "try";
    this.element = h(
      "section",
      { class: "trial", "aria-labelledby": "trial-title" },
      h("h4", { id: "trial-title" }, t("trial.title")),
      h("p", { class: "meta" }, t("trial.lead")),
      this.form.fill(this.form.field("request", t("trial.request"), this.request, t("trial.hint"))),
      this.result,
    );
  }

  /** @param {string} request */
  put(request) {
    this.request.value = request;
    this.request.setSelectionRange(0, 0);
    fill(this.result);
    this.request.focus();
    this.element.scrollIntoView({ block: "center" });
  }

  /** @param {Tried} tried */
  #show(tried) {
    const words = tried.events.length > 1 || tried.outcome !== "accepted" ? understood(tried) : "";
    fill(
      this.result,
      h(
        "p",
        { class: "trial-line" },
        outcomePill(tried.outcome, t(`trial.${tried.outcome}`)),
        ` ${words}`,
      ),
      ...tried.events.map(eventFacts),
    );
  }
}

/**
 * Returns a request as text, as it can be pasted.
 * @param {HitRequest} request
 */
export function rawRequest({ method, path, query, headers, body }) {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path}${query ? `?${query}` : ""} HTTP/1.1`, ...head, "", body].join("\n");
}
