// The changes of a phone's mapping as JSON, with the preset's own mapping for comparison.

import { html, render } from "lit";
import type { Device, NumberProfile, Preset } from "../core/types";
import { areaField } from "../forms/fields";
import { FieldError, type Form } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import type { HitApi } from "./hit-api";
import { jsonProblem } from "./json-problem";
import { TrialForm } from "./trial";

export interface MappingOptions {
  api: HitApi;
  device: Device;
  preset: Preset | undefined;
  save: (mapping: Record<string, unknown>) => Promise<string>;
  /** returns the unsaved number profile */
  numbers: () => Partial<NumberProfile>;
}

export class MappingEditor {
  readonly trial: TrialForm;
  readonly element = document.createElement("div");

  constructor(readonly options: MappingOptions) {
    this.element.className = "stack";
    this.trial = new TrialForm(options.api, () => ({
      mapping: mappingOf(this.#form.values),
      numbers: options.numbers(),
    }));
    this.#draw(textOf(options.device.mapping));
  }

  get #form() {
    return this.element.querySelector("[data-testid=mapping-form]") as Form;
  }

  /** Shows the stored mapping after it was changed elsewhere. */
  async show(mapping: Record<string, unknown>) {
    const area = this.element.querySelector("textarea[name=mapping]") as HTMLTextAreaElement;
    area.value = textOf(mapping);
    await this.#form.keepShown();
  }

  #draw(text: string) {
    const { preset, save } = this.options;
    const own = preset ? JSON.stringify(preset.mapping, null, 2) : t("mapping.noPreset");
    const content = html`${areaField({
      name: "mapping",
      label: t("mapping.changes"),
      hint: t("mapping.hint"),
      value: text,
      rows: 14,
      code: true,
      structured: true,
      placeholder: '{ "fields": { "number": "query.caller" } }',
    })}
    <div class="field mapping-preset">
      <span class="field-label">${t("mapping.preset")}</span>
      <pre class="code" tabindex="0" data-testid="preset-mapping">${own}</pre>
    </div>`;
    render(
      html`<sc-form
          data-testid="mapping-form"
          .content=${content}
          .work=${(values: Values) => save(mappingOf(values))}
        ></sc-form>
        ${this.trial.element}`,
      this.element,
    );
  }
}

function textOf(mapping: Record<string, unknown>) {
  return Object.keys(mapping).length === 0 ? "" : JSON.stringify(mapping, null, 2);
}

/** The JSON in the field; an empty field means no changes. */
function mappingOf(values: Values): Record<string, unknown> {
  const text = values.raw("mapping");
  if (text.trim() === "") return {};
  const problem = jsonProblem(text);
  if (problem !== null) {
    const { code, line, column } = problem;
    throw new FieldError("mapping", t(`mapping.json.${code}`, { line, column }));
  }
  const given = JSON.parse(text);
  if (given !== null && typeof given === "object" && !Array.isArray(given)) return given;
  throw new FieldError("mapping", t("mapping.noObject"));
}
