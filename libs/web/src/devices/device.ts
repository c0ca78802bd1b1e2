// The page of one phone: its addresses, its hits and its settings.

import { html, nothing, render } from "lit";
import type { Context } from "../calls/context";
import { TenantApi } from "../company/tenant-api";
import { address } from "../core/place";
import type { Device, Hit, Preset } from "../core/types";
import type { View } from "../core/view";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { HitApi } from "../inspector/hit-api";
import { Inspector } from "../inspector/inspector";
import { rawRequest } from "../inspector/trial";
import { DeviceApi } from "./device-api";
import { DeviceSettings } from "./device-settings";
import { TestCall } from "./test-call";
import { Urls } from "./urls";

export class DevicePage implements View {
  readonly element = document.createElement("section");
  readonly #api: DeviceApi;
  readonly #hits: HitApi;
  readonly #urls: Urls;
  readonly #test: TestCall;
  readonly #inspector: Inspector;
  #device: Device | null = null;
  #preset: Preset | undefined;
  #settings: DeviceSettings | null = null;
  /** Whether the settings are shown instead of the addresses and hits. */
  #isSettings = false;
  #failure = "";

  constructor(
    readonly context: Context,
    readonly id: string,
  ) {
    this.#api = new DeviceApi(context.api);
    this.#hits = new HitApi(context.api, id);
    this.#urls = new Urls(this.#api, id);
    this.#inspector = new Inspector(context, this.#hits, id, (hit) => this.#toTrial(hit));
    this.#test = new TestCall(context, this.#api);
    this.element.className = "device";
    this.element.dataset.testid = "device-page";
    this.element.setAttribute("aria-labelledby", "device-title");
    this.#draw();
    void this.#read();
  }

  #draw() {
    const isSetUp = !this.#isSettings && !this.#failure;
    render(
      html`<a class="back" href=${address("phones")}>${t("devices.back")}</a>
        <header class="device-head">
          <div>
            <h2 id="device-title" data-testid="device-title">${this.#device?.name ?? ""}</h2>
            <p class="meta">${this.#device ? this.#about(this.#device) : ""}</p>
          </div>
          <div class="tabs" role="group" aria-labelledby="device-title">
            ${this.#tab("device-setup", t("device.setUp"), false)}
            ${this.#tab("device-settings", t("device.settings"), true)}
          </div>
        </header>
        ${this.#failure ? html`<p class="empty bad" role="alert">${this.#failure}</p>` : nothing}
        <div class="stack" ?hidden=${!isSetUp}>
          ${this.#urls.element} ${this.#test.element} ${this.#inspector.element}
        </div>
        <div class="stack" ?hidden=${!this.#isSettings}>${this.#settings?.element ?? nothing}</div>`,
      this.element,
    );
  }

  #about({ extension, preset }: Device) {
    const line = extension === null ? t("devices.anyExtension") : t("extension", { extension });
    return `${this.#preset?.title ?? preset} · ${line}`;
  }

  #tab(testid: string, words: string, isSettings: boolean) {
    return html`<button
      type="button"
      class="tab"
      data-testid=${testid}
      aria-pressed=${this.#isSettings === isSettings}
      @click=${() => this.#turn(isSettings)}
    >
      ${words}
    </button>`;
  }

  #turn(isSettings: boolean) {
    this.#isSettings = isSettings;
    this.#draw();
  }

  async #read() {
    try {
      const [device, presets, tenant] = await Promise.all([
        this.#api.device(this.id),
        this.#api.presets(),
        new TenantApi(this.context.api).tenant(),
      ]);
      const preset = presets.items.find(({ id }) => id === device.preset);
      this.#preset = preset;
      const options = { context: this.context, api: this.#api, hits: this.#hits };
      const changed = (now: Device) => {
        this.#show(now);
        void this.#urls.read();
      };
      this.#settings = new DeviceSettings({ ...options, device, preset, tenant, changed });
      this.#show(device);
      await this.#urls.read();
    } catch (error) {
      this.#failure = reason(error);
      this.#draw();
    }
  }

  #show(device: Device) {
    this.#device = device;
    this.#test.show(device);
    this.#draw();
  }

  #toTrial(hit: Hit) {
    this.#turn(true);
    this.#settings?.showTrial(rawRequest(hit.request));
  }

  hit(hit: Hit) {
    this.#inspector.hit(hit);
  }

  again() {
    this.#inspector.again();
  }

  tick() {
    this.#test.tick();
    this.#inspector.tick();
  }

  stop() {
    this.#inspector.stop();
  }
}
