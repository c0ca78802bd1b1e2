// The settings of a phone, with one form for each section.

import { html, nothing, render, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { linkFields, linkOf } from "../company/dial-link-fields";
import { PHONE_FIELDS, profileFields, profileOf } from "../company/number-fields";
import { go } from "../core/place";
import type { Device, DeviceChanges, Preset, Tenant } from "../core/types";
import { checkField, passwordField, textField } from "../forms/fields";
import type { Form } from "../forms/form";
import type { Lines } from "../forms/lines";
import { discardUnsaved } from "../forms/unsaved";
import type { Values } from "../forms/values";
import { language, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import type { HitApi } from "../inspector/hit-api";
import { MappingEditor } from "../inspector/mapping";
import type { DeviceApi } from "./device-api";
import "../forms/confirm";
import "../forms/form";
import "../forms/lines";

export interface DeviceSettingsOptions {
  context: Context;
  api: DeviceApi;
  hits: HitApi;
  device: Device;
  preset: Preset | undefined;
  tenant: Tenant;
  changed: (device: Device) => void;
}

export class DeviceSettings {
  device: Device;
  readonly mapping: MappingEditor;
  /** Drawn anew when it is saved, since the field says whether there is a secret. */
  readonly #secretPart = document.createElement("div");
  readonly element = document.createElement("div");

  constructor(readonly options: DeviceSettingsOptions) {
    this.device = options.device;
    this.element.className = "folds";
    this.mapping = new MappingEditor({
      api: options.hits,
      device: this.device,
      preset: options.preset,
      save: (mapping) => this.#save({ mapping }),
      numbers: () => profileOf(this.#numbersForm.values, PHONE_FIELDS, true),
    });
    this.#draw();
  }

  get #numbersForm() {
    return this.element.querySelector("[data-testid=numbers-form]") as Form;
  }

  async #save(changes: DeviceChanges) {
    this.device = await this.options.api.change(this.device.id, changes);
    this.options.changed(this.device);
    return t("form.saved");
  }

  showTrial(request: string) {
    for (const name of ["advanced", "mapping"]) {
      this.element.querySelector(`[data-testid=fold-${name}]`)?.setAttribute("open", "");
    }
    this.mapping.trial.put(request);
  }

  #draw() {
    const { preset } = this.options;
    const secret = preset?.secret?.[language()];
    render(
      html`
        ${fold("general", t("fold.general"), "", this.#general(), true)}
        ${fold("lines", t("fold.lines"), t("fold.linesLead"), this.#lines())}
        ${secret ? fold("secret", t("fold.secret"), secret, this.#secret(secret)) : nothing}
        ${fold("dial", t("fold.dial"), t("fold.dialLead"), this.#dial())}
        ${fold("advanced", t("fold.advanced"), t("fold.advancedLead"), this.#advanced())}
        ${fold("danger", t("fold.danger"), "", this.#danger())}
      `,
      this.element,
    );
  }

  /** Somebody who only connects a phone never needs these. */
  #advanced() {
    return html`<div class="folds">
      ${fold("numbers", t("fold.numbers"), t("fold.numbersLead"), this.#numbers())}
      ${this.#mayShare() ? fold("sharing", t("fold.sharing"), "", this.#sharing()) : nothing}
      ${fold("mapping", t("fold.mapping"), t("fold.mappingLead"), html`${this.mapping.element}`)}
    </div>`;
  }

  #general() {
    const fields = html`
      ${textField({
        name: "name",
        label: t("device.name"),
        value: this.device.name,
        required: true,
        maxlength: 100,
      })}
      ${textField({
        name: "extension",
        label: t("device.extension"),
        hint: t("device.extensionHint"),
        value: this.device.extension ?? "",
        maxlength: 64,
        inputmode: "tel",
      })}
    `;
    const save = (values: Values) =>
      this.#save({ name: values.of("name"), extension: values.of("extension") || null });
    return form(fields, save);
  }

  #lines() {
    const fields = html`<sc-lines
      class="field-wide"
      .entries=${Object.entries(this.device.extensions)}
      .first=${t("lines.name")}
      .second=${t("lines.extension")}
    ></sc-lines>`;
    const save = (values: Values) => {
      const lines = values.form.querySelector("sc-lines") as Lines;
      return this.#save({
        extensions: Object.fromEntries(lines.value().map(([name, extension]) => [name, extension])),
      });
    };
    return form(fields, save);
  }

  /** Whether the ids are those of a telephone system: those that a phone counts are its own. */
  #mayShare() {
    const scope = this.device.mapping.scope ?? this.options.preset?.mapping.scope ?? "pbx";
    return scope === "pbx" || scope === "shared";
  }

  #sharing() {
    const field = checkField({
      name: "mapping.scope",
      label: t("sharing.label"),
      hint: t("sharing.hint"),
      checked: this.device.mapping.scope === "shared",
    });
    const save = async (values: Values) => {
      const { scope: _, ...others } = this.device.mapping;
      const ofPreset = this.options.preset?.mapping.scope ?? "pbx";
      const scope = values.isOn("mapping.scope") ? "shared" : "pbx";
      const mapping = scope === ofPreset ? others : { ...others, scope };
      const words = await this.#save({ mapping });
      await this.mapping.show(this.device.mapping);
      return words;
    };
    return form(field, save);
  }

  #numbers() {
    const { preset, tenant } = this.options;
    const inherited = { ...tenant.numbers, ...preset?.numbers };
    return form(
      profileFields(PHONE_FIELDS, this.device.numbers, inherited),
      (values) => this.#save({ numbers: profileOf(values, PHONE_FIELDS, true) }),
      "numbers-form",
    );
  }

  #secret(label: string) {
    render(this.#secretForm(label), this.#secretPart);
    return html`${this.#secretPart}`;
  }

  #secretForm(label: string): TemplateResult {
    const field = passwordField({
      name: "secret",
      label,
      hint: t("secret.hint"),
      autocomplete: "new-password",
      required: false,
      maxlength: 200,
      placeholder: this.device.has_secret ? t("secret.set") : "",
    });
    const save = async (values: Values) => {
      const words = await this.#save({ secret: values.raw("secret") || null });
      values.clear();
      this.#secret(label);
      return this.device.has_secret ? words : t("secret.none");
    };
    return form(field, save);
  }

  #dial() {
    const { preset, tenant } = this.options;
    const ofTenant = { link: tenant.dial_link, spelling: tenant.dial_spelling };
    const inherited = preset?.dial ?? ofTenant;
    return form(linkFields("dial.link", "dial.spelling", this.device.dial, inherited), (values) =>
      this.#save({ dial: linkOf(values, "dial.link", "dial.spelling") }),
    );
  }

  #danger() {
    return html`<div class="danger-zone">
      <sc-confirm
        danger
        testid="renew-key"
        .label=${t("danger.renew")}
        .question=${t("danger.renewSure")}
        .action=${() => this.#do(() => this.#renewKey())}
      ></sc-confirm>
      <sc-confirm
        danger
        testid="remove-device"
        .label=${t("danger.remove")}
        .question=${t("danger.removeSure", { name: this.device.name })}
        .action=${() => this.#do(() => this.#remove())}
      ></sc-confirm>
    </div>`;
  }

  async #do(work: () => Promise<void>) {
    try {
      await work();
    } catch (error) {
      this.options.context.say(reason(error), "bad");
    }
  }

  async #renewKey() {
    const { api, context, changed } = this.options;
    await api.renewKey(this.device.id);
    changed(this.device);
    context.say(t("danger.renewed"), "good");
  }

  async #remove() {
    const { api, context } = this.options;
    await api.remove(this.device.id);
    context.say(t("danger.removed", { name: this.device.name }), "good");
    discardUnsaved(); // the phone that it was about is gone
    go("phones");
  }
}

function form(content: TemplateResult, work: (values: Values) => Promise<string>, testid = "") {
  return html`<sc-form
    data-testid=${testid || nothing}
    .content=${content}
    .work=${work}
  ></sc-form>`;
}

/** A section of the settings that can be opened. */
function fold(name: string, title: string, lead: string, body: TemplateResult, isOpen = false) {
  return html`<details class="panel fold" ?open=${isOpen} data-testid="fold-${name}">
    <summary>
      <h3>${title}</h3>
      ${lead ? html`<span class="meta">${lead}</span>` : nothing}
    </summary>
    <div class="fold-body">${body}</div>
  </details>`;
}
