// The requests about devices and presets.

import type { DeviceInput } from "../api/ingest";
import type { Api } from "../core/client";
import type { DeviceChanges } from "../core/types";

export class DeviceApi {
  constructor(readonly api: Api) {}

  presets() {
    return this.api.ask("GET /api/presets");
  }

  devices() {
    return this.api.ask("GET /api/devices");
  }

  add(device: DeviceInput) {
    return this.api.ask("POST /api/devices", { body: device });
  }

  device(device: string) {
    return this.api.ask("GET /api/devices/{device}", { path: { device } });
  }

  change(device: string, changes: DeviceChanges) {
    return this.api.ask("PATCH /api/devices/{device}", { path: { device }, body: changes });
  }

  remove(device: string) {
    return this.api.ask("DELETE /api/devices/{device}", { path: { device } });
  }

  renewKey(device: string) {
    return this.api.ask("POST /api/devices/{device}/key", { path: { device } });
  }

  /** Makes a test call; without an extension at the fixed one of the device. */
  test(device: string, extension: string | null) {
    return this.api.ask("POST /api/devices/{device}/test", {
      path: { device },
      body: { extension },
    });
  }

  urls(device: string) {
    return this.api.ask("GET /api/devices/{device}/urls", { path: { device } });
  }
}
