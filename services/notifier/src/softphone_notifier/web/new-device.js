// The page that adds a phone: model, name, extension.
/** @import { Preset } from "./device-types.js" */
/** @import { Context, View } from "./types.js" */

import { reason } from "./api.js";
import { DeviceApi } from "./device-api.js";
import { fill, h } from "./dom.js";
import { FieldError, Form } from "./form.js";
import { t } from "./messages.js";
import { address, go } from "./place.js";
import { Presets } from "./presets.js";

/** @implements {View} */
export class NewDevice {
  name = h("input", { name: "name", maxlength: 100, autocomplete: "off", "data-testid": "name" });
  extension = h("input", {
    name: "extension",
    maxlength: 64,
    autocomplete: "off",
    inputmode: "tel",
  });
  choices = h("div", {}, h("p", { class: "empty", role: "status" }, t("loading")));
  /** The name proposed for the preset; a name the user typed is kept. */
  #suggested = "";

  /** @param {Context} context */
  constructor(context) {
    this.api = new DeviceApi(context.api);
    this.form = new Form(t("new.add"), () => this.#add());
    this.form.fill(
      this.form.field("name", t("device.name"), this.name, t("new.nameHint")),
      this.form.field(
        "extension",
        t("device.extension"),
        this.extension,
        t("device.extensionHint"),
      ),
    );
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "new-title", "data-testid": "new-device" },
      h("a", { class: "back", href: address("phones") }, t("devices.back")),
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          {},
          h("h2", { id: "new-title" }, t("new.title")),
          h("p", { class: "meta" }, t("new.lead")),
        ),
      ),
      h(
        "div",
        { class: "new-device" },
        h("div", {}, h("h3", { id: "presets-title" }, t("new.make")), this.choices),
        h("div", { class: "new-form" }, h("h3", {}, t("new.what")), this.form.element),
      ),
    );
    void this.#read();
  }

  async #read() {
    try {
      const { items } = await this.api.presets();
      this.presets = new Presets(items, (preset) => this.#suggest(preset));
      fill(this.choices, this.presets.element);
      this.presets.search.focus();
    } catch (error) {
      fill(this.choices, h("p", { class: "empty bad", role: "alert" }, reason(error)));
    }
  }

  /** @param {Preset} preset */
  #suggest(preset) {
    this.form.say("", "good");
    if (this.name.value === this.#suggested) this.name.value = this.#suggested = preset.title;
  }

  async #add() {
    const preset = this.presets?.chosen;
    if (!preset) throw new FieldError("preset", t("new.choose"));
    const name = this.name.value.trim();
    if (!name) throw new FieldError("name", t("form.missing"));
    const extension = this.extension.value.trim() || null;
    const device = await this.api.add({ name, preset: preset.id, extension });
    go("phones", device.id);
    return "";
  }
}
