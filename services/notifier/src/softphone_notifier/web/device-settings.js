// The settings of a phone, with one form for each section.
/** @import { DeviceApi } from "./device-api.js" */
/** @import { Device, DeviceChanges, Preset, Tenant } from "./device-types.js" */
/** @import { Context } from "./types.js" */

import { reason } from "./api.js";
import { confirmButton } from "./confirm.js";
import { dialFields, dialOf } from "./dial-link.js";
import { h } from "./dom.js";
import { FieldError, Form } from "./form.js";
import { Lines } from "./lines.js";
import { MappingEditor } from "./mapping.js";
import { language, t } from "./messages.js";
import { NumberFields } from "./numbers.js";
import { go } from "./place.js";

/**
 * @typedef {object} DeviceSettingsOptions
 * @property {Context} context
 * @property {DeviceApi} api
 * @property {Device} device
 * @property {Preset | undefined} preset
 * @property {Tenant} tenant
 * @property {(device: Device) => void} changed
 */

export class DeviceSettings {
  /** @param {DeviceSettingsOptions} options */
  constructor(options) {
    this.options = options;
    this.device = options.device;
    const { preset, tenant } = options;
    this.numbers = new NumberFields(this.device.numbers, { ...tenant.numbers, ...preset?.numbers });
    this.mapping = new MappingEditor({
      api: options.api,
      device: this.device,
      preset,
      save: (mapping) => this.#save({ mapping }),
      numbers: () => this.numbers.value(),
    });
    this.mappingFold = fold(
      "mapping",
      t("fold.mapping"),
      t("fold.mappingLead"),
      this.mapping.element,
    );
    this.element = h(
      "div",
      { class: "folds" },
      fold("general", t("fold.general"), "", this.#general(), true),
      fold("lines", t("fold.lines"), t("fold.linesLead"), this.#lines()),
      fold("numbers", t("fold.numbers"), t("fold.numbersLead"), this.#numbers()),
      preset?.secret && fold("secret", t("fold.secret"), preset.secret[language()], this.#secret()),
      fold("dial", t("fold.dial"), t("fold.dialLead"), this.#dial()),
      this.mappingFold,
      fold("danger", t("fold.danger"), "", this.#danger()),
    );
  }

  /** @param {DeviceChanges} changes */
  async #save(changes) {
    this.device = await this.options.api.change(this.device.id, changes);
    this.options.changed(this.device);
    return t("form.saved");
  }

  /** @param {string} request */
  showTrial(request) {
    this.mappingFold.open = true;
    this.mapping.trial.put(request);
  }

  #general() {
    const name = h("input", { maxlength: 100, value: this.device.name, autocomplete: "off" });
    const extension = h("input", {
      maxlength: 64,
      value: this.device.extension ?? "",
      autocomplete: "off",
      inputmode: "tel",
    });
    const form = new Form(t("form.save"), () => {
      if (!name.value.trim()) throw new FieldError("name", t("form.missing"));
      return this.#save({ name: name.value.trim(), extension: extension.value.trim() || null });
    });
    return form.fill(
      form.field("name", t("device.name"), name),
      form.field("extension", t("device.extension"), extension, t("device.extensionHint")),
    );
  }

  #lines() {
    const lines = new Lines(this.device.extensions);
    const form = new Form(t("form.save"), () => this.#save({ extensions: lines.value() }));
    return form.fill(lines.element);
  }

  #numbers() {
    const form = new Form(t("form.save"), () => this.#save({ numbers: this.numbers.value() }));
    return form.fill(...this.numbers.fields(form));
  }

  #secret() {
    const secret = h("input", { type: "password", maxlength: 200, autocomplete: "new-password" });
    if (this.device.has_secret) secret.placeholder = t("secret.set");
    const form = new Form(t("form.save"), async () => {
      const said = await this.#save({ secret: secret.value || null });
      secret.value = "";
      secret.placeholder = this.device.has_secret ? t("secret.set") : "";
      return this.device.has_secret ? said : t("secret.none");
    });
    const label = this.options.preset?.secret?.[language()] ?? t("fold.secret");
    return form.fill(form.field("secret", label, secret, t("secret.hint")));
  }

  #dial() {
    const { link, spelling } = dialFields(this.device.dial);
    link.placeholder = this.options.preset?.dial?.link ?? this.options.tenant.dial_link;
    const form = new Form(t("form.save"), () => this.#save({ dial: dialOf(link, spelling) }));
    return form.fill(
      form.field("dial.link", t("dialLink.link"), link, t("dialLink.hint")),
      form.field("dial.spelling", t("dialLink.spelling"), spelling),
    );
  }

  #danger() {
    const { api, context } = this.options;
    /** @param {() => Promise<void>} work */
    const doing = async (work) => {
      try {
        await work();
      } catch (error) {
        context.say(reason(error), "bad");
      }
    };
    const renew = confirmButton({
      label: t("danger.renew"),
      question: t("danger.renewSure"),
      testid: "renew-key",
      action: () =>
        doing(async () => {
          await api.renewKey(this.device.id);
          this.options.changed(this.device);
          context.say(t("danger.renewed"), "good");
        }),
    });
    const remove = confirmButton({
      label: t("danger.remove"),
      question: t("danger.removeSure", { name: this.device.name }),
      testid: "remove-device",
      action: () =>
        doing(async () => {
          await api.remove(this.device.id);
          context.say(t("danger.removed", { name: this.device.name }), "good");
          go("phones");
        }),
    });
    return h("div", { class: "danger-zone" }, renew, remove);
  }
}

/**
 * A section of the settings that can be opened.
 * @param {string} name
 * @param {string} title
 * @param {string} lead
 * @param {Node} body
 * @param {boolean} [open]
 */
function fold(name, title, lead, body, open = false) {
  return h(
    "details",
    { class: "panel fold", open, "data-testid": `fold-${name}` },
    h("summary", {}, h("h3", {}, title), lead !== "" && h("span", { class: "meta" }, lead)),
    h("div", { class: "fold-body" }, body),
  );
}
