// The company's own numbers with their names.

import { html } from "lit";
import { checkField } from "../forms/fields";
import type { Lines } from "../forms/lines";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import "../forms/lines";
import type { TenantEditor } from "./tenant-api";

export function ownNumbersForm(editor: TenantEditor) {
  const { own_numbers, ring_groups } = editor.stored;
  const fields = html`<sc-lines
    class="field-wide"
    data-testid="own-numbers"
    .entries=${own_numbers.map(({ number, name }) => [number, name])}
    .first=${t("ownNumbers.number")}
    .second=${t("ownNumbers.name")}
  ></sc-lines>
  ${checkField({
    name: "ring_groups",
    label: t("ownNumbers.groups"),
    hint: t("ownNumbers.groupsHint"),
    checked: ring_groups,
  })}`;
  const save = (values: Values) => {
    const lines = values.form.querySelector("sc-lines") as Lines;
    const numbers = lines.value().map(([number, name]) => ({ number, name }));
    const ring_groups = values.isOn("ring_groups");
    return editor.save(() => ({ own_numbers: numbers, ring_groups }));
  };
  return html`<sc-form .content=${fields} .work=${save}></sc-form>`;
}
