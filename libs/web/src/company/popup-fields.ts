// The fields for when a call shows and what happens with its records.

import { html } from "lit";
import type { PopupSettings, Preferences } from "../api/notifier";
import { choiceField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";

const POP_ON = ["ring", "answer", "hand"] as const;
const RECORD_ACTIONS = ["popup", "open", "new"] as const;
const RECORDS = ["no_record", "one_record", "many_records"] as const;

/** With `inherited` each field has a choice for the company's value. */
export function popupFields(
  own: Pick<Preferences, keyof PopupSettings>,
  inherited: PopupSettings | null,
) {
  const field = (name: keyof PopupSettings, values: readonly string[]) => {
    const kind = name === "pop_on" ? "popup.on" : "popup.do";
    const words = (value: string) => t(`${kind}.${value}` as "popup.on.ring");
    const options = values.map((value) => [value, words(value)] as const);
    const company = inherited
      ? [["", t("popup.company", { value: words(inherited[name]) })] as const]
      : [];
    return choiceField({
      name,
      label: t(`popup.${name}`),
      value: own[name] ?? "",
      options: [...company, ...options],
    });
  };
  return html`${field("pop_on", POP_ON)} ${RECORDS.map((name) => field(name, RECORD_ACTIONS))}`;
}

/** The values of these fields; null for the company's. */
export function popupOf(values: Values) {
  const names = ["pop_on", ...RECORDS];
  return Object.fromEntries(names.map((name) => [name, values.of(name) || null]));
}
