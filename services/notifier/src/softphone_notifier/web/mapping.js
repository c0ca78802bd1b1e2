// The changes of a phone's mapping as JSON, with the preset's own mapping for comparison.
/** @import { DeviceApi } from "./device-api.js" */
/** @import { Device, NumberProfile, Preset } from "./device-types.js" */

import { h } from "./dom.js";
import { FieldError, Form } from "./form.js";
import { t } from "./messages.js";
import { TrialForm } from "./trial.js";

/**
 * @typedef {object} MappingOptions
 * @property {DeviceApi} api
 * @property {Device} device
 * @property {Preset | undefined} preset
 * @property {(mapping: Record<string, unknown>) => Promise<string>} save
 * @property {() => Partial<NumberProfile>} numbers returns the unsaved number profile
 */

export class MappingEditor {
  /** @param {MappingOptions} options */
  constructor({ api, device, preset, save, numbers }) {
    this.text = h("textarea", {
      class: "code",
      rows: 14,
      spellcheck: "false",
      "data-testid": "mapping",
    });
    this.text.value = shown(device.mapping);
    this.text.placeholder = '{ "fields": { "number": "query.caller" } }';
    const form = new Form(t("form.save"), () => save(this.value()));
    const own = h(
      "div",
      { class: "field mapping-preset" },
      h("span", { class: "field-label" }, t("mapping.preset")),
      h(
        "pre",
        { class: "code", tabindex: 0, "data-testid": "preset-mapping" },
        preset ? JSON.stringify(preset.mapping, null, 2) : t("mapping.noPreset"),
      ),
    );
    form.fill(form.field("mapping", t("mapping.changes"), this.text, t("mapping.hint")), own);
    this.trial = new TrialForm(api, device.id, () => ({
      mapping: this.value(),
      numbers: numbers(),
    }));
    this.element = h("div", { class: "stack" }, form.element, this.trial.element);
  }

  /**
   * Returns the JSON in the field; an empty field means no changes.
   * @returns {Record<string, unknown>}
   */
  value() {
    if (this.text.value.trim() === "") return {};
    try {
      const given = JSON.parse(this.text.value);
      if (given !== null && typeof given === "object" && !Array.isArray(given)) return given;
    } catch (error) {
      throw new FieldError(
        "mapping",
        t("mapping.noJson", { why: String(error).replace(/^\w+: /, "") }),
      );
    }
    throw new FieldError("mapping", t("mapping.noObject"));
  }
}

/** @param {Record<string, unknown>} mapping */
function shown(mapping) {
  return Object.keys(mapping).length === 0 ? "" : JSON.stringify(mapping, null, 2);
}
