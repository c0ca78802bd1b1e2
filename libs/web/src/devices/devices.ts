// The list of the tenant's phones: when each was heard last, and which of them fail.

import { html, nothing, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "../ui/empty-state";
import "../ui/pill";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { address, keepFilter, NEW, placeFilter } from "../core/place";
import type { ListedDevice, Preset } from "../core/types";
import type { View } from "../core/view";
import { filterField, filterForm, filterSearch, filterSelect } from "../forms/filter";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { iconOf } from "../ui/icon";
import { DeviceApi } from "./device-api";
import { chosenDevices, type DeviceFilter } from "./device-list";

/** Rows that are shown at first, and that each press of the button adds. */
const PAGE = 50;
const REFRESH_MILLIS = 30_000;
const ORDERS = ["name", "state", "heard"] as const;
const STATES = ["failing", "never", "ok"] as const;
const ALL: DeviceFilter = { text: "", state: "", order: "name" };
const PILLS = { ok: "accepted", failing: "refused", never: "" };
const ICONS = { ok: "ended", failing: "missed", never: "elsewhere" };

export class Devices implements View {
  readonly api: DeviceApi;
  readonly element = panelOf("devices", "devices-title");
  #devices: ListedDevice[] | null = null;
  #presets = new Map<string, Preset>();
  #filter = filterOfAddress();
  #shown = PAGE;
  #failed = "";
  #refreshAt = performance.now() + REFRESH_MILLIS;

  constructor(context: Context) {
    this.api = new DeviceApi(context.api);
    this.#draw();
    void this.read();
  }

  async read() {
    try {
      const [devices, presets] = await Promise.all([this.api.devices(), this.api.presets()]);
      this.#presets = new Map(presets.items.map((preset) => [preset.id, preset]));
      this.#devices = devices.items;
      this.#failed = "";
    } catch (error) {
      this.#failed = t("devices.failed", { why: reason(error) });
    }
    this.#draw();
  }

  again() {
    void this.read();
  }

  tick() {
    if (document.hidden || performance.now() < this.#refreshAt) return;
    this.#refreshAt = performance.now() + REFRESH_MILLIS;
    void this.read();
  }

  #choose(filter: Partial<DeviceFilter>) {
    this.#filter = { ...this.#filter, ...filter };
    keepFilter("phones", this.#filter, ALL);
    this.#shown = PAGE;
    this.#draw();
  }

  #draw() {
    const all = this.#devices ?? [];
    const found = chosenDevices(all, this.#filter, (device) => this.#makeOf(device));
    render(
      html`<header class="panel-head">
          <div>
            <h2 id="devices-title">${t("devices.title")}</h2>
            <p class="meta">${t("devices.lead")}</p>
          </div>
          <a class="button" href=${address("phones", NEW)} data-testid="device-add">
            ${iconOf("plus")}${t("devices.add")}
          </a>
        </header>
        ${all.length > 0 ? this.#filterForm(found.length) : nothing}
        <ul class="devices">
          ${repeat(
            found.slice(0, this.#shown),
            ({ id }) => id,
            (device) => this.#item(device),
          )}
        </ul>
        ${this.#note(all.length, found.length)}
        <div class="panel-foot" ?hidden=${found.length <= this.#shown}>
          <button type="button" class="button quiet" data-testid="devices-more" @click=${() => this.#more()}>
            ${t("devices.more", { n: found.length - this.#shown })}
          </button>
        </div>`,
      this.element,
    );
  }

  #more() {
    this.#shown += PAGE;
    this.#draw();
  }

  #note(all: number, found: number) {
    const isRead = this.#devices !== null;
    if (found > 0 && !this.#failed) return nothing;
    const words =
      this.#failed || t(!isRead ? "loading" : all ? "devices.noneSuch" : "devices.empty");
    return html`<sc-empty-state words=${words} ?bad=${this.#failed !== ""}></sc-empty-state>`;
  }

  #filterForm(found: number) {
    const { text, state, order } = this.#filter;
    const sort = (event: Event) => {
      const chosen = (event.target as HTMLSelectElement).value;
      this.#choose({ order: chosen as DeviceFilter["order"] });
    };
    return filterForm(
      html`${filterSearch({
        label: t("devices.search"),
        testid: "devices-search",
        value: text,
        typed: (words) => this.#choose({ text: words }),
      })}
      ${filterSelect({
        label: t("devices.state"),
        testid: "devices-state",
        value: state,
        options: STATES.map((each) => [each, t(`devices.${each}`)] as const),
        chosen: (chosen) => this.#choose({ state: chosen as DeviceFilter["state"] }),
      })}
      ${filterField(
        t("devices.order"),
        html`<select data-testid="devices-order" @change=${sort}>
          ${ORDERS.map(
            (each) =>
              html`<option value=${each} ?selected=${each === order}>${t(`devices.by.${each}`)}</option>`,
          )}
        </select>`,
      )}
      <p class="meta list-count" role="status" data-testid="devices-count">
        ${counted("devices.count", found)}
      </p>`,
      "list-filter device-filter",
    );
  }

  #makeOf({ preset }: ListedDevice) {
    return this.#presets.get(preset)?.title ?? preset;
  }

  #item(device: ListedDevice) {
    const { id, name, extension, state, last_heard_at: at } = device;
    const line = extension === null ? t("devices.anyExtension") : t("extension", { extension });
    return html`<li>
      <a class="device-item" href=${address("phones", id)} data-testid="device-row"
        data-device=${id} data-state=${state}>
        <span class="device-icon">${iconOf("phone")}</span>
        <span class="who">
          <span class="who-name">${name}</span>
          <span class="meta">${this.#makeOf(device)} · ${line}</span>
        </span>
        <span class="meta device-heard">${at === null ? "" : t("devices.heard", { when: when(at) })}</span>
        <sc-pill state=${PILLS[state]} icon=${ICONS[state]} words=${t(`devices.${state}`)}></sc-pill>
        ${iconOf("chevron")}
      </a>
    </li>`;
  }
}

function filterOfAddress(): DeviceFilter {
  const { text, state, order } = placeFilter(ALL);
  return {
    text,
    state: STATES.find((each) => each === state) ?? "",
    order: ORDERS.find((each) => each === order) ?? "name",
  };
}
