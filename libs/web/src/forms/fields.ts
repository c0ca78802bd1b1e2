// The fields of forms: text, password, choice, checkbox.

import { html, nothing, type TemplateResult } from "lit";
import { t } from "../i18n/messages";
import type { ControlAttributes, FormField } from "../ui/form-field";
import { iconOf } from "../ui/icon";
import "../ui/form-field";

export interface FieldOptions {
  /** The name that the server uses for the value. */
  name: string;
  label: string;
  hint?: string;
  layout?: FormField["layout"];
  structured?: boolean;
}

export interface TextOptions extends FieldOptions {
  value?: string;
  type?: "text" | "search" | "number" | "tel" | "url";
  required?: boolean;
  maxlength?: number;
  autocomplete?: string;
  inputmode?: string;
  placeholder?: string;
  /** Values that the browser offers while somebody types. */
  suggestions?: readonly string[];
}

export interface PasswordOptions extends FieldOptions {
  autocomplete: "current-password" | "new-password";
  required?: boolean;
  maxlength?: number;
  placeholder?: string;
}

export interface ChoiceOptions extends FieldOptions {
  value: string;
  /** The values with their words. */
  options: readonly (readonly [value: string, words: string])[];
  onchange?: (value: string) => void;
}

export interface CheckOptions extends FieldOptions {
  checked: boolean;
}

type Control = (attributes: ControlAttributes) => TemplateResult;

export function customField(options: FieldOptions, control: Control) {
  const { name, label, hint, layout, structured } = options;
  return html`<sc-form-field
    name=${name}
    .label=${label}
    .hint=${hint ?? ""}
    .layout=${layout ?? ""}
    ?structured=${structured}
    .control=${control}
  ></sc-form-field>`;
}

export function textField(options: TextOptions) {
  const { name, value = "", type = "text", suggestions } = options;
  return customField(
    options,
    ({ id, describedby, invalid }) => html`<input
        id=${id}
        name=${name}
        data-testid=${name}
        type=${type}
        .value=${value}
        ?required=${options.required}
        maxlength=${options.maxlength ?? 200}
        autocomplete=${(options.autocomplete ?? "off") as "off"}
        inputmode=${options.inputmode ?? nothing}
        placeholder=${options.placeholder ?? nothing}
        list=${suggestions ? `${id}-list` : nothing}
        spellcheck="false"
        aria-describedby=${describedby}
        aria-invalid=${invalid}
      />${suggestions ? datalist(`${id}-list`, suggestions) : nothing}`,
  );
}

function datalist(id: string, values: readonly string[]) {
  return html`<datalist id=${id}>${values.map((each) => html`<option value=${each}></option>`)}</datalist>`;
}

export interface AreaOptions extends FieldOptions {
  value?: string;
  rows?: number;
  required?: boolean;
  code?: boolean;
  placeholder?: string;
  /** The id for tests, if it is not the name. */
  testid?: string;
}

export function areaField({
  value = "",
  rows = 3,
  required = false,
  code = false,
  ...options
}: AreaOptions) {
  return customField(
    { layout: "wide", ...options },
    ({ id, describedby, invalid }) => html`<textarea
        id=${id}
        name=${options.name}
        data-testid=${options.testid ?? options.name}
        class=${code ? "code" : nothing}
        rows=${rows}
        .value=${value}
        ?required=${required}
        placeholder=${options.placeholder ?? nothing}
        autocomplete="off"
        spellcheck="false"
        aria-describedby=${describedby}
        aria-invalid=${invalid}
      ></textarea>`,
  );
}

/** A password with a button that shows it. */
export function passwordField(options: PasswordOptions) {
  return customField(
    options,
    ({ id, describedby, invalid }) => html`<span class="password">
        <input
          id=${id}
          name=${options.name}
          data-testid=${options.name}
          type="password"
          ?required=${options.required ?? true}
          maxlength=${options.maxlength ?? 1000}
          placeholder=${options.placeholder ?? nothing}
          autocomplete=${options.autocomplete as "off"}
          aria-describedby=${describedby}
          aria-invalid=${invalid}
        />${showButton(id)}
      </span>`,
  );
}

/** The button inside a password's field; it says by its state whether the password is shown. */
export function showButton(id: string) {
  const toggle = (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    const input = document.getElementById(id) as HTMLInputElement;
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${t("form.showPassword")}
    title=${t("form.showPassword")}
    aria-pressed="false"
    aria-controls=${id}
    data-testid="show-password"
    @click=${toggle}
  >
    ${iconOf("eye")}
  </button>`;
}

export function choiceField(options: ChoiceOptions) {
  const { name, value, onchange } = options;
  const changed = (event: Event) => onchange?.((event.target as HTMLSelectElement).value);
  return customField(
    options,
    ({ id, describedby, invalid }) => html`<select
        id=${id}
        name=${name}
        data-testid=${name}
        aria-describedby=${describedby}
        aria-invalid=${invalid}
        @change=${changed}
      >
        ${options.options.map(
          ([each, words]) =>
            html`<option value=${each} ?selected=${each === value}>${words}</option>`,
        )}
      </select>`,
  );
}

export function checkField({ checked, ...options }: CheckOptions) {
  return customField(
    { layout: "check", ...options },
    ({ id, describedby, invalid }) => html`<input
        id=${id}
        name=${options.name}
        data-testid=${options.name}
        type="checkbox"
        .checked=${checked}
        aria-describedby=${describedby}
        aria-invalid=${invalid}
      />`,
  );
}
