// The fields of the filter above a list. They act at once, so the form has no button.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

export interface FilterSelect {
  label: string;
  testid: string;
  value: string;
  /** The values with their words; the first choice is for all. */
  options: readonly (readonly [value: string, words: string])[];
  chosen: (value: string) => void;
  disabled?: boolean;
}

export function filterForm(fields: TemplateResult, looks = "filter") {
  const submit = (event: Event) => event.preventDefault();
  return html`<form class=${looks} role="search" @submit=${submit}>${fields}</form>`;
}

export function filterField(label: string, control: TemplateResult) {
  return html`<label class="field"><span class="field-label">${label}</span>${control}</label>`;
}

export function filterSelect({ label, testid, value, options, chosen, disabled }: FilterSelect) {
  const isKnown = value === "" || options.some(([each]) => each === value);
  const shown = isKnown ? options : [...options, [value, value] as const];
  return filterField(
    label,
    html`<select
      data-testid=${testid}
      ?disabled=${disabled}
      @change=${(event: Event) => chosen((event.target as HTMLSelectElement).value)}
    >
      <option value="" ?selected=${value === ""}>${t("filter.any")}</option>
      ${shown.map(
        ([each, words]) =>
          html`<option value=${each} ?selected=${each === value}>${words}</option>`,
      )}
    </select>`,
  );
}

export function filterSearch(search: {
  label: string;
  testid: string;
  value: string;
  typed: (text: string) => void;
}) {
  return filterField(
    search.label,
    html`<input
      type="search"
      maxlength="100"
      autocomplete="off"
      data-testid=${search.testid}
      .value=${live(search.value)}
      @input=${(event: Event) => search.typed((event.target as HTMLInputElement).value)}
    />`,
  );
}

/** The search of a view that is a list, with its icon; by default for calls. */
export function searchInput(search: {
  label: string;
  placeholder?: string;
  value: string;
  typed: (text: string) => void;
  /** The id of a hint about the text. */
  describedby?: string;
}) {
  return html`${iconOf("search")}
    <input
      type="search"
      id="search"
      maxlength="128"
      autocomplete="off"
      spellcheck="false"
      placeholder=${search.placeholder ?? t("search.placeholder")}
      aria-label=${search.label}
      aria-describedby=${search.describedby ?? nothing}
      data-testid="search"
      .value=${live(search.value)}
      @input=${(event: Event) => search.typed((event.target as HTMLInputElement).value)}
    />`;
}
