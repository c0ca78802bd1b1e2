// The dry run: shows how a pasted request would be read with the settings in the forms.

import { html, nothing, render } from "lit";
import type { HitRequest, Trial, Tried } from "../core/types";
import { areaField } from "../forms/fields";
import { FieldError } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { panelOf } from "../ui/element";
import type { HitApi } from "./hit-api";
import { eventFacts } from "./hit-details";
import { outcomePill, understood } from "./hit-row";

export class TrialForm {
  #tried: Tried | null = null;
  readonly element = panelOf("trial", "trial-title");

  constructor(
    readonly api: HitApi,
    readonly unsaved: () => Omit<Trial, "request">,
  ) {
    this.element.className = "trial";
    this.#show(null);
  }

  put(request: string) {
    const area = this.element.querySelector("textarea") as HTMLTextAreaElement;
    area.value = request;
    area.setSelectionRange(0, 0);
    this.#show(null);
    area.focus();
    this.element.scrollIntoView({ block: "center" });
  }

  async #try(values: Values) {
    this.#show(null);
    const request = values.raw("request");
    if (!request.trim()) throw new FieldError("request", t("form.missing"));
    const tried = await this.api.try({ request, ...this.unsaved() });
    this.#show(await withMatches(tried, this.api));
    return "";
  }

  #show(tried: Tried | null) {
    this.#tried = tried;
    this.#draw();
  }

  #draw() {
    const field = areaField({
      name: "request",
      testid: "trial-request",
      label: t("trial.request"),
      hint: t("trial.hint"),
      rows: 6,
      code: true,
      placeholder: "GET /ringing?number=08999998001&extension=21 HTTP/1.1",
    });
    render(
      html`<h4 id="trial-title">${t("trial.title")}</h4>
        <p class="meta">${t("trial.lead")}</p>
        <sc-form
          transient
          testid="try"
          .words=${t("trial.try")}
          .content=${field}
          .work=${(values: Values) => this.#try(values)}
        ></sc-form>
        <div class="trial-result" role="status" data-testid="trial-result">
          ${this.#tried ? resultOf(this.#tried) : nothing}
        </div>`,
      this.element,
    );
  }
}

function resultOf(tried: Tried) {
  const isSingle = tried.events.length === 1 && tried.unread.length === 0;
  const words = isSingle && tried.outcome === "accepted" ? "" : understood(tried);
  return html`<p class="trial-line">
      ${outcomePill(tried.outcome, t(`trial.${tried.outcome}`))} ${words}
    </p>
    ${tried.events.map(eventFacts)}`;
}

/** Adds the records that match each number; without an answer the events stay as they are. */
async function withMatches(tried: Tried, api: HitApi): Promise<Tried> {
  const events = await Promise.all(
    tried.events.map(async (event) => {
      const number = event.remote?.e164;
      if (!number) return event;
      const matches = await api.matches(number).catch(() => []);
      return { ...event, matches };
    }),
  );
  return { ...tried, events };
}

/** Returns a request as text, as it can be pasted. */
export function rawRequest({ method, path, query, headers, body }: HitRequest) {
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path}${query ? `?${query}` : ""} HTTP/1.1`, ...head, "", body].join("\n");
}
