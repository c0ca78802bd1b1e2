// The page of one phone: its addresses, its hits and its settings.
/** @import { Device, Hit, Preset, Tenant } from "./device-types.js" */
/** @import { Context, View } from "./types.js" */

import { reason } from "./api.js";
import { DeviceApi } from "./device-api.js";
import { DeviceSettings } from "./device-settings.js";
import { fill, h, setAttribute, setText } from "./dom.js";
import { Inspector } from "./inspector.js";
import { t } from "./messages.js";
import { address } from "./place.js";
import { rawRequest } from "./trial.js";
import { Urls } from "./urls.js";

/** @implements {View} */
export class DevicePage {
  title = h("h2", { id: "device-title", "data-testid": "device-title" });
  about = h("p", { class: "meta" });
  settings = h("div", { class: "stack", hidden: true });
  /** @type {DeviceSettings | null} */
  #settings = null;

  /**
   * @param {Context} context
   * @param {string} id
   */
  constructor(context, id) {
    this.context = context;
    this.id = id;
    this.api = new DeviceApi(context.api);
    this.urls = new Urls(this.api, id);
    this.inspector = new Inspector(context, this.api, id, (hit) => this.#toTrial(hit));
    this.setUp = h("div", { class: "stack" }, this.urls.element, this.inspector.element);
    this.tabs = [
      this.#tab("device-setup", t("device.setUp"), false),
      this.#tab("device-settings", t("device.settings"), true),
    ];
    this.note = h("p", { class: "empty", role: "status", hidden: true });
    this.element = h(
      "section",
      { class: "device", "aria-labelledby": "device-title", "data-testid": "device-page" },
      h("a", { class: "back", href: address("phones") }, t("devices.back")),
      h("header", { class: "device-head" }, h("div", {}, this.title, this.about), this.#tabs()),
      this.note,
      this.setUp,
      this.settings,
    );
    void this.#read();
  }

  #tabs() {
    return h(
      "div",
      { class: "tabs", role: "group", "aria-labelledby": "device-title" },
      ...this.tabs,
    );
  }

  /** @param {string} testid @param {string} words @param {boolean} settings */
  #tab(testid, words, settings) {
    return h(
      "button",
      {
        type: "button",
        class: "tab",
        "data-testid": testid,
        "aria-pressed": String(!settings),
        onclick: () => this.#turn(settings),
      },
      words,
    );
  }

  /** @param {boolean} settings */
  #turn(settings) {
    this.settings.hidden = !settings;
    this.setUp.hidden = settings;
    this.tabs.forEach((tab, i) =>
      setAttribute(tab, "aria-pressed", String((i === 1) === settings)),
    );
  }

  async #read() {
    try {
      const [device, presets, tenant] = await Promise.all([
        this.api.device(this.id),
        this.api.presets(),
        this.api.tenant(),
      ]);
      this.#show(
        device,
        presets.items.find(({ id }) => id === device.preset),
        tenant,
      );
      await this.urls.read();
    } catch (error) {
      this.note.hidden = false;
      this.setUp.hidden = true;
      this.note.classList.add("bad");
      setText(this.note, reason(error));
    }
  }

  /**
   * @param {Device} device
   * @param {Preset | undefined} preset
   * @param {Tenant} tenant
   */
  #show(device, preset, tenant) {
    this.#name(device, preset);
    this.#settings = new DeviceSettings({
      context: this.context,
      api: this.api,
      device,
      preset,
      tenant,
      changed: (now) => {
        this.#name(now, preset);
        void this.urls.read();
      },
    });
    fill(this.settings, this.#settings.element);
  }

  /** @param {Device} device @param {Preset | undefined} preset */
  #name(device, preset) {
    const { extension } = device;
    const line = extension === null ? t("devices.anyExtension") : t("extension", { extension });
    setText(this.title, device.name);
    setText(this.about, `${preset?.title ?? device.preset} · ${line}`);
  }

  /** @param {Hit} hit */
  #toTrial(hit) {
    this.#turn(true);
    this.#settings?.showTrial(rawRequest(hit.request));
  }

  /** @param {Hit} hit */
  hit(hit) {
    this.inspector.hit(hit);
  }

  again() {
    this.inspector.again();
  }

  tick() {
    this.inspector.tick();
  }

  stop() {
    this.inspector.stop();
  }
}
