// How numbers of the company are read, with a box to try one before the change is stored.

import { html, nothing, render } from "lit";
import type { TriedNumber } from "../api/ingest";
import { numberText } from "../calls/format";
import { h } from "../dom/dom";
import { choiceField, textField } from "../forms/fields";
import type { Form } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { COMPANY_FIELDS, profileFields, profileOf } from "./number-fields";
import type { TenantEditor } from "./tenant-api";

export class NumberForm {
  readonly element = h("div", { class: "stack" });
  readonly #result = h("div", { class: "tried", role: "status", "data-testid": "tried" });

  constructor(readonly editor: TenantEditor) {
    const save = (values: Values) =>
      editor.save(({ numbers }) => ({
        numbers: { ...numbers, ...profileOf(values, COMPANY_FIELDS) },
      }));
    render(
      html`<sc-form
          data-testid="numbers-form"
          .content=${profileFields(COMPANY_FIELDS, editor.stored.numbers)}
          .work=${save}
        ></sc-form>
        <div class="try-number">
          <h3>${t("try.title")}</h3>
          <p class="meta">${t("try.lead")}</p>
          <sc-form
            data-testid="try-form"
            transient
            .words=${t("try.button")}
            .content=${trialFields()}
            .work=${(values: Values) => this.#try(values)}
          ></sc-form>
          ${this.#result}
        </div>`,
      this.element,
    );
  }

  /** Tries a number by the profile as it is in the form now. */
  async #try(values: Values) {
    const form = this.element.querySelector("[data-testid=numbers-form]") as Form;
    const tried = await this.editor.api.tryNumber({
      number: values.of("number"),
      direction: values.of("direction") as "inbound" | "outbound",
      numbers: { ...this.editor.stored.numbers, ...profileOf(form.values, COMPANY_FIELDS) },
    });
    render(triedText(tried), this.#result);
    return "";
  }
}

function trialFields() {
  return html`
    ${textField({
      name: "number",
      label: t("try.number"),
      type: "tel",
      required: true,
      placeholder: "089 99998123",
    })}
    ${choiceField({
      name: "direction",
      label: t("try.direction"),
      value: "inbound",
      options: [
        ["inbound", t("try.inbound")],
        ["outbound", t("try.outbound")],
      ],
    })}
  `;
}

function triedText({ number, dialled, own_name, code, why }: TriedNumber) {
  const line = (label: string, value: string) => html`<dt>${label}</dt><dd>${value}</dd>`;
  const problem = code ? problemText(code, {}, why ?? code) : (why ?? "");
  return html`<dl class="facts">
    ${line(t("try.read"), numberText(number))}
    ${line(t("try.kind"), t(`try.kind.${number.kind}`))}
    ${dialled ? line(t("try.dialled"), dialled) : nothing}
    ${own_name ? line(t("try.own"), own_name) : nothing}
    ${problem ? line(t("try.problem"), problem) : nothing}
  </dl>`;
}
