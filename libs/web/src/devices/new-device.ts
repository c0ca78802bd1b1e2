// The page that adds a phone: model, name, extension.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { address, go } from "../core/place";
import type { Preset } from "../core/types";
import type { View } from "../core/view";
import { textField } from "../forms/fields";
import { FieldError, type Form } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { DeviceApi } from "./device-api";
import { Presets } from "./presets";
import "../forms/form";
import "../ui/empty-state";

export class NewDevice implements View {
  #presets: Presets | null = null;
  #failure = "";
  /** The name proposed for the preset; a name the user typed is kept. */
  #suggested = "";
  readonly #api: DeviceApi;
  readonly element = panelOf("new-device", "new-title");

  constructor(context: Context) {
    this.#api = new DeviceApi(context.api);
    this.#draw();
    void this.#read();
  }

  async #read() {
    try {
      const { items } = await this.#api.presets();
      this.#presets = new Presets(items, (preset) => this.#suggest(preset));
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
    const focused = document.activeElement;
    // unless somebody was faster, for example with the switch of the language
    if (focused === document.body || focused === this.element.closest("main")) {
      this.#presets?.focus();
    }
  }

  #draw() {
    render(
      html`<a class="back" href=${address("phones")}>${t("devices.back")}</a>
        <header class="panel-head">
          <div>
            <h2 id="new-title">${t("new.title")}</h2>
            <p class="meta">${t("new.lead")}</p>
          </div>
        </header>
        <div class="new-device">
          <div>
            <h3 id="presets-title">${t("new.make")}</h3>
            ${this.#presets?.element ?? this.#state()}
          </div>
          <div class="new-form">
            <h3>${t("new.what")}</h3>
            <sc-form
              .words=${t("new.add")}
              .content=${this.#fields()}
              .work=${(values: Values) => this.#add(values)}
            ></sc-form>
          </div>
        </div>`,
      this.element,
    );
  }

  #state() {
    const isBad = this.#failure !== "";
    const words = isBad ? this.#failure : t("loading");
    return html`<sc-empty-state ?bad=${isBad} .words=${words}></sc-empty-state>`;
  }

  #fields() {
    return html`
      ${textField({
        name: "name",
        label: t("device.name"),
        hint: t("new.nameHint"),
        value: this.#suggested,
        maxlength: 100,
      })}
      ${textField({
        name: "extension",
        label: t("device.extension"),
        hint: t("device.extensionHint"),
        maxlength: 64,
        inputmode: "tel",
      })}
    `;
  }

  #suggest(preset: Preset) {
    const form = this.element.querySelector("sc-form") as Form;
    form.say("");
    if (form.values.of("name") !== this.#suggested) return;
    this.#suggested = preset.title;
    this.#draw();
    void form.keepShown(); // nobody has typed the name
  }

  async #add(values: Values) {
    const preset = this.#presets?.chosen;
    if (!preset) {
      this.#presets?.widen();
      throw new FieldError("preset", t("new.choose"));
    }
    const name = values.of("name");
    if (!name) throw new FieldError("name", t("form.missing"));
    const extension = values.of("extension") || null;
    const device = await this.#api.add({ name, preset: preset.id, extension });
    go("phones", device.id);
    return "";
  }
}
