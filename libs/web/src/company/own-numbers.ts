// The company's lists of numbers with their names, its own and those that find no record, and similar numbers.

import { html } from "lit";
import { checkField, choiceField } from "../forms/fields";
import type { Lines } from "../forms/lines";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import "../forms/lines";
import type { TenantEditor } from "./tenant-api";

const LAST_DIGITS = [0, 9, 8, 7, 6] as const;

type Listed = TenantEditor["stored"]["own_numbers"];

export function ownNumbersForm(editor: TenantEditor) {
  const { own_numbers, ring_groups } = editor.stored;
  const fields = html`${numberLines(own_numbers, "own-numbers", t("ownNumbers.name"))}
  ${checkField({
    name: "ring_groups",
    label: t("ownNumbers.groups"),
    hint: t("ownNumbers.groupsHint"),
    checked: ring_groups,
  })}`;
  const save = (values: Values) => {
    const own_numbers = listedNumbers(values);
    const ring_groups = values.isOn("ring_groups");
    return editor.save(() => ({ own_numbers, ring_groups }));
  };
  return html`<sc-form .content=${fields} .work=${save}></sc-form>`;
}

export function ignoredNumbersForm(editor: TenantEditor) {
  const { ignored_numbers, last_digits } = editor.stored;
  const fields = html`${numberLines(ignored_numbers, "ignored-numbers", t("ignoredNumbers.name"))}
  ${choiceField({
    name: "last_digits",
    label: t("company.last_digits"),
    hint: t("company.last_digits.hint"),
    value: String(last_digits),
    options: LAST_DIGITS.map(
      (n) => [String(n), n ? t("lastDigits.equal", { n }) : t("lastDigits.never")] as const,
    ),
  })}`;
  const save = (values: Values) => {
    const ignored_numbers = listedNumbers(values);
    const last_digits = Number(values.of("last_digits")) as (typeof LAST_DIGITS)[number];
    return editor.save(() => ({ ignored_numbers, last_digits }));
  };
  return html`<sc-form .content=${fields} .work=${save}></sc-form>`;
}

function numberLines(numbers: Listed, testid: string, name: string) {
  return html`<sc-lines
    class="field-wide"
    data-testid=${testid}
    .entries=${numbers.map(({ number, name }) => [number, name])}
    .first=${t("ownNumbers.number")}
    .second=${name}
  ></sc-lines>`;
}

function listedNumbers(values: Values) {
  const lines = values.form.querySelector("sc-lines") as Lines;
  return lines.value().map(([number, name]) => ({ number, name }));
}
