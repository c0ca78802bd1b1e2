// Labelled form fields.

import { t } from "../i18n/messages";
import { h } from "./dom";

/** A labelled form field. */
export function field(label: string, control: HTMLElement) {
  return h("label", { class: "field" }, h("span", { class: "field-label" }, label), control);
}

/** A select of values with their words, and with an option for all. */
export function choice(testid: string, options: string[][], chosen: string) {
  const select = h(
    "select",
    { "data-testid": testid },
    h("option", { value: "" }, t("filter.any")),
    ...options.map(([value, words]) => h("option", { value }, words)),
  );
  select.value = chosen;
  return select;
}
