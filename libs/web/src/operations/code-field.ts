// The field of an activation code.

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import { t } from "../i18n/messages";
import type { ControlAttributes } from "../ui/form-field";
import "../ui/form-field";

interface CodeField {
  hint: string;
  problem: string;
  testid: string;
  rows: number;
  /** The value of a form that keeps what is typed; without it the field keeps it. */
  value?: string;
  typed?: (value: string) => void;
}

export function codeField({ hint, problem, testid, rows, value, typed }: CodeField) {
  const input = (event: Event) => typed?.((event.target as HTMLTextAreaElement).value);
  const control = ({ id, describedby, invalid }: ControlAttributes) => html`<textarea
    class="code"
    rows=${rows}
    id=${id}
    aria-describedby=${describedby}
    aria-invalid=${invalid}
    spellcheck="false"
    data-field="activation_code"
    data-testid=${testid}
    .value=${value === undefined ? nothing : live(value)}
    @input=${input}
  ></textarea>`;
  return html`<sc-form-field
    class="field-wide"
    label=${t("tenants.codeLabel")}
    hint=${hint}
    problem=${problem}
    .control=${control}
  ></sc-form-field>`;
}
