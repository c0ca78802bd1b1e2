// Filters and sorts the phones of a tenant. It knows no page.

import type { ListedDevice } from "../core/types";

export type DeviceOrder = "name" | "state" | "heard";

/** An empty text and an empty state fit every phone. */
export interface DeviceFilter {
  text: string;
  state: ListedDevice["state"] | "";
  order: DeviceOrder;
}

/** States that need somebody to look come first. */
const STATES: readonly ListedDevice["state"][] = ["failing", "never", "ok"];

/** Returns the phones that fit, with all words of the text in name, extension or make. */
export function chosenDevices(
  devices: ListedDevice[],
  { text, state, order }: DeviceFilter,
  makeOf: (device: ListedDevice) => string,
) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = devices.filter((device) => {
    if (state !== "" && device.state !== state) return false;
    const all = `${device.name} ${device.extension ?? ""} ${makeOf(device)}`.toLowerCase();
    return words.every((word) => all.includes(word));
  });
  // the list comes by name, and sorting keeps the order of equals
  if (order === "state") found.sort((a, b) => rank(a) - rank(b));
  if (order === "heard") found.sort((a, b) => heard(b) - heard(a));
  return found;
}

function rank({ state }: ListedDevice) {
  return STATES.indexOf(state);
}

function heard({ last_heard_at: at }: ListedDevice) {
  return at === null ? 0 : Date.parse(at);
}
