// The settings of the company.

import { html, render, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import "../forms/form";
import { FieldError } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../ui/card";
import "../ui/empty-state";
import { activationForm } from "./activation";
import { callsForm } from "./calls-form";
import { companyFields, companyOf, type Places } from "./company-form";
import { linkFields, linkOf } from "./dial-link-fields";
import { NumberForm } from "./number-form";
import { ignoredNumbersForm, ownNumbersForm } from "./own-numbers";
import { TenantApi, TenantEditor } from "./tenant-api";

export class TenantPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "tenant-page" });
  readonly #api: TenantApi;

  constructor(context: Context) {
    this.#api = new TenantApi(context.api);
    render(html`<p class="empty" role="status">${t("loading")}</p>`, this.element);
    void this.#read();
  }

  async #read() {
    const api = this.#api;
    try {
      const lists = Promise.all([api.regions(), api.timeZones()]);
      const editor = new TenantEditor(api, await api.tenant());
      const [regions, zones] = await lists;
      this.#show(editor, { regions, zones });
    } catch (error) {
      render(html`<sc-empty-state bad .words=${reason(error)}></sc-empty-state>`, this.element);
    }
  }

  #show(editor: TenantEditor, places: Places) {
    const numbers = new NumberForm(editor);
    const company = companyForm(editor, places);
    const own = ownNumbersForm(editor);
    const ignored = ignoredNumbersForm(editor);
    const calls = callsForm(editor);
    const dial = dialForm(editor);
    const draw = () =>
      render(
        html`
          ${card(t("company.title"), t("company.lead", { id: editor.stored.id }), company)}
          ${card(t("tenant.numbers"), t("tenant.numbersLead"), html`${numbers.element}`)}
          ${card(t("ownNumbers.title"), t("ownNumbers.lead"), own)}
          ${card(t("ignoredNumbers.title"), t("ignoredNumbers.lead"), ignored)}
          ${card(t("popup.title"), t("company.popup.lead"), calls)}
          ${card(t("tenant.dial"), t("tenant.dialLead"), dial)}
          ${card(
            t("activation.title"),
            t("activation.lead"),
            activationForm(editor, () => draw()),
          )}
        `,
        this.element,
      );
    draw();
  }
}

function card(heading: string, lead: string, content: TemplateResult) {
  return html`<sc-card .heading=${heading} .lead=${lead} .content=${content}></sc-card>`;
}

function companyForm(editor: TenantEditor, places: Places) {
  const { name, time_zone, numbers } = editor.stored;
  const save = (values: Values) => {
    const { region, ...rest } = companyOf(values);
    return editor.save(({ numbers }) => ({ ...rest, numbers: { ...numbers, region } }));
  };
  const fields = companyFields({ name, time_zone, region: numbers.region }, places);
  return html`<sc-form data-testid="company-form" .content=${fields} .work=${save}></sc-form>`;
}

function dialForm(editor: TenantEditor) {
  const { dial_link: link, dial_spelling: spelling } = editor.stored;
  const save = async (values: Values) => {
    const dial = linkOf(values, "dial_link", "dial_spelling");
    if (dial === null) throw new FieldError("dial_link", t("form.missing"));
    return editor.save(() => ({ dial_link: dial.link, dial_spelling: dial.spelling }));
  };
  const fields = linkFields("dial_link", "dial_spelling", { link, spelling });
  return html`<sc-form data-testid="dial-form" .content=${fields} .work=${save}></sc-form>`;
}
