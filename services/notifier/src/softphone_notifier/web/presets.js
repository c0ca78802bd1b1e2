// The list of presets, searched by name and grouped by kind.
/** @import { Preset, PresetKind } from "./device-types.js" */

import { fill, h } from "./dom.js";
import { language, t } from "./messages.js";

/** @type {readonly PresetKind[]} */
const KINDS = ["phone", "softphone", "pbx", "cloud", "generic"];

export class Presets {
  list = h("div", { class: "presets", role: "radiogroup", "aria-labelledby": "presets-title" });
  search = h("input", {
    type: "search",
    autocomplete: "off",
    placeholder: t("presets.search"),
    "aria-label": t("presets.search"),
    "data-testid": "preset-search",
  });
  /** @type {Preset | null} */
  chosen = null;

  /**
   * @param {Preset[]} presets
   * @param {(preset: Preset) => void} onChosen
   */
  constructor(presets, onChosen) {
    this.presets = presets;
    this.onChosen = onChosen;
    this.search.addEventListener("input", () => this.#draw());
    this.element = h("div", { class: "preset-picker" }, this.search, this.list);
    this.#draw();
  }

  #draw() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/);
    const found = this.presets.filter((preset) => {
      const text = `${preset.title} ${preset.id} ${preset.about[language()]}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const groups = KINDS.map((kind) => this.#group(kind, found));
    fill(
      this.list,
      ...groups,
      found.length === 0 && h("p", { class: "empty", role: "status" }, t("presets.none")),
    );
  }

  /** @param {PresetKind} kind @param {Preset[]} found */
  #group(kind, found) {
    const presets = found.filter((preset) => preset.kind === kind);
    if (presets.length === 0) return null;
    presets.sort((a, b) => a.title.localeCompare(b.title, language()));
    return h(
      "div",
      { class: "preset-group", role: "group", "aria-label": t(`kind.${kind}`) },
      h("h3", {}, t(`kind.${kind}`)),
      ...presets.map((preset) => this.#choice(preset)),
    );
  }

  /** @param {Preset} preset */
  #choice(preset) {
    const radio = h("input", {
      type: "radio",
      name: "preset",
      value: preset.id,
      "data-testid": `preset-${preset.id}`,
    });
    radio.checked = this.chosen?.id === preset.id;
    radio.addEventListener("change", () => {
      this.chosen = preset;
      this.onChosen(preset);
    });
    return h(
      "label",
      { class: "preset" },
      radio,
      h(
        "span",
        {},
        h("span", { class: "preset-title" }, preset.title),
        h("span", { class: "meta" }, preset.about[language()]),
      ),
    );
  }
}
