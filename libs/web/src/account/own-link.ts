// The dial link of a user; an empty field means the company's. A number can be dialled to test it.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { linkFields, linkOf } from "../company/dial-link-fields";
import type { DialLink } from "../core/types";
import { h } from "../dom/dom";
import { textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../forms/form";
import { FieldError } from "../forms/form";
import "../ui/card";

export class OwnLink {
  readonly element = h("div", { "data-testid": "own-link" });
  #own: DialLink | null = null;

  constructor(readonly context: Context) {
    render(html`<p class="empty" role="status">${t("loading")}</p>`, this.element);
    void this.#read();
  }

  async #read() {
    try {
      this.#own = await this.context.api.ask("GET /api/dial/link");
      this.#draw();
    } catch (error) {
      render(html`<p class="empty bad" role="alert">${reason(error)}</p>`, this.element);
    }
  }

  #draw() {
    const content = html`<sc-form
        data-testid="link-form"
        .content=${linkFields("link", "spelling", this.#own, this.context.preferences.dialLink)}
        .work=${(values: Values) => this.#save(values)}
      ></sc-form>
      ${this.context.user.extensions.length > 0 ? this.#trial() : html``}`;
    render(
      html`<sc-card .heading=${t("own.title")} .lead=${t("own.lead")} .content=${content}></sc-card>`,
      this.element,
    );
  }

  async #save(values: Values) {
    const { api } = this.context;
    const body = linkOf(values, "link", "spelling");
    if (body !== null) await api.ask("PUT /api/dial/link", { body });
    else if (this.#own !== null) await api.ask("DELETE /api/dial/link");
    this.#own = body;
    return t("form.saved");
  }

  #trial() {
    const field = textField({
      name: "trial",
      label: t("own.trial"),
      hint: t("own.trial.hint"),
      type: "tel",
      autocomplete: "tel",
      placeholder: "089 99998123",
    });
    const dial = async (values: Values) => {
      const number = values.of("trial");
      if (!number) throw new FieldError("trial", t("form.missing"));
      this.context.dial(number);
      return "";
    };
    return html`<sc-form
      class="trial-dial"
      data-testid="dial-trial"
      .words=${t("own.trial.dial")}
      .content=${field}
      .work=${dial}
    ></sc-form>`;
  }
}
