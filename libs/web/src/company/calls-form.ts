// How calls show in the company, where records open, and whether users set their extensions.

import { html } from "lit";
import type { PopupInput } from "../api/ingest";
import { checkField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { popupFields, popupOf } from "./popup-fields";
import type { TenantEditor } from "./tenant-api";

export function callsForm(editor: TenantEditor) {
  const { popup, record_url, own_extensions } = editor.stored;
  const fields = html`
    ${popupFields(popup, null)}
    ${textField({
      name: "record_url",
      label: t("company.record_url"),
      hint: t("company.record_url.hint"),
      layout: "wide",
      value: record_url,
      maxlength: 500,
      placeholder: "https://crm.example.com/search?phone={e164}",
    })}
    ${checkField({
      name: "own_extensions",
      label: t("company.own_extensions"),
      hint: t("company.own_extensions.hint"),
      checked: own_extensions,
    })}
  `;
  const save = (values: Values) =>
    editor.save(() => ({
      popup: popupOf(values) as PopupInput,
      record_url: values.of("record_url"),
      own_extensions: values.isOn("own_extensions"),
    }));
  return html`<sc-form data-testid="calls-form" .content=${fields} .work=${save}></sc-form>`;
}
