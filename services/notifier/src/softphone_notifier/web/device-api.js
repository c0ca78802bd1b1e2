// The requests about devices, their hits and the tenant.
/** @import { Api } from "./api.js" */
/** @import { Device, DeviceChanges, DeviceUrls, Hit, Preset, Tenant, Trial, Tried } from "./device-types.js" */
/** @import { Page } from "./types.js" */

const HITS = 50;

export class DeviceApi {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /** @returns {Promise<Page<Preset>>} */
  presets() {
    return this.api.ask("GET", "/api/presets");
  }

  /** @returns {Promise<Page<Device>>} */
  devices() {
    return this.api.ask("GET", "/api/devices");
  }

  /**
   * @param {DeviceChanges} device
   * @returns {Promise<Device>}
   */
  add(device) {
    return this.api.ask("POST", "/api/devices", device);
  }

  /**
   * @param {string} id
   * @returns {Promise<Device>}
   */
  device(id) {
    return this.api.ask("GET", path(id));
  }

  /**
   * @param {string} id
   * @param {DeviceChanges} changes
   * @returns {Promise<Device>}
   */
  change(id, changes) {
    return this.api.ask("PATCH", path(id), changes);
  }

  /** @param {string} id */
  remove(id) {
    return this.api.ask("DELETE", path(id));
  }

  /** @param {string} id */
  renewKey(id) {
    return this.api.ask("POST", path(id, "/key"));
  }

  /**
   * @param {string} id
   * @returns {Promise<DeviceUrls>}
   */
  urls(id) {
    return this.api.ask("GET", path(id, "/urls"));
  }

  /**
   * @param {string} id
   * @param {string | null} cursor
   * @returns {Promise<Page<Hit>>}
   */
  hits(id, cursor) {
    const query = new URLSearchParams({ limit: String(HITS), ...(cursor && { cursor }) });
    return this.api.ask("GET", path(id, `/hits?${query}`));
  }

  /**
   * @param {string} id
   * @param {string} hit
   * @returns {Promise<Hit>}
   */
  replay(id, hit) {
    return this.api.ask("POST", path(id, `/hits/${encodeURIComponent(hit)}/replay`));
  }

  /**
   * @param {string} id
   * @param {Trial} trial
   * @returns {Promise<Tried>}
   */
  try(id, trial) {
    return this.api.ask("POST", path(id, "/try"), trial);
  }

  /** @returns {Promise<Tenant>} */
  tenant() {
    return this.api.ask("GET", "/api/tenant");
  }

  /**
   * @param {Partial<Tenant>} changes
   * @returns {Promise<Tenant>}
   */
  changeTenant(changes) {
    return this.api.ask("PATCH", "/api/tenant", changes);
  }

  /**
   * @param {string} code
   * @returns {Promise<Tenant>}
   */
  activate(code) {
    return this.api.ask("PUT", "/api/tenant/activation", { code });
  }
}

/** @param {string} id @param {string} [rest] */
function path(id, rest = "") {
  return `/api/devices/${encodeURIComponent(id)}${rest}`;
}
