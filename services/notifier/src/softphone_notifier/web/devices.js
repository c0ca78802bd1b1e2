// The list of the tenant's phones.
/** @import { Device, Preset } from "./device-types.js" */
/** @import { Context, View } from "./types.js" */

import { reason } from "./api.js";
import { DeviceApi } from "./device-api.js";
import { fill, h, icon, setText } from "./dom.js";
import { t } from "./messages.js";
import { NEW, address } from "./place.js";

/** @implements {View} */
export class Devices {
  list = h("ul", { class: "devices" });
  note = h("p", { class: "empty", role: "status" }, t("loading"));

  /** @param {Context} context */
  constructor(context) {
    this.api = new DeviceApi(context.api);
    const add = h(
      "a",
      { class: "button", href: address("phones", NEW), "data-testid": "device-add" },
      icon("plus"),
      t("devices.add"),
    );
    this.element = h(
      "section",
      { class: "panel", "aria-labelledby": "devices-title", "data-testid": "devices" },
      h(
        "header",
        { class: "panel-head" },
        h(
          "div",
          {},
          h("h2", { id: "devices-title" }, t("devices.title")),
          h("p", { class: "meta" }, t("devices.lead")),
        ),
        add,
      ),
      this.list,
      this.note,
    );
    void this.read();
  }

  async read() {
    try {
      const [devices, presets] = await Promise.all([this.api.devices(), this.api.presets()]);
      const byId = new Map(presets.items.map((preset) => [preset.id, preset]));
      fill(this.list, ...devices.items.map((device) => item(device, byId.get(device.preset))));
      setText(this.note, t("devices.empty"));
      this.note.hidden = devices.items.length > 0;
    } catch (error) {
      setText(this.note, t("devices.failed", { why: reason(error) }));
      this.note.hidden = false;
    }
  }

  again() {
    void this.read();
  }
}

/** @param {Device} device @param {Preset | undefined} preset */
function item(device, preset) {
  const { extension } = device;
  return h(
    "li",
    {},
    h(
      "a",
      {
        class: "device-item",
        href: address("phones", device.id),
        "data-testid": "device-row",
        "data-device": device.id,
      },
      h("span", { class: "device-icon" }, icon("phone")),
      h(
        "span",
        { class: "who" },
        h("span", { class: "who-name" }, device.name),
        h("span", { class: "meta" }, preset?.title ?? device.preset),
      ),
      h(
        "span",
        { class: "meta device-extension" },
        extension === null ? t("devices.anyExtension") : t("extension", { extension }),
      ),
      icon("chevron"),
    ),
  );
}
