// The types of devices, presets and hits as the API sends them.

import type { EventJson, HitJson } from "./frames.js";

export interface Text {
  de: string;
  en: string;
}

export type PresetKind = "generic" | "phone" | "softphone" | "pbx" | "cloud";
export type Spelling = "e164" | "international" | "national" | "outside";

export interface DialLink {
  link: string;
  spelling: Spelling;
}

export interface NumberProfile {
  region: string;
  area_code: string;
  outside_prefix: string;
  outside_prefix_mode: "never" | "always";
  format: "any" | "e164_without_plus";
  trunk: string;
  extension_max_len: number;
  extension_ranges: string[];
}

export interface Preset {
  id: string;
  title: string;
  kind: PresetKind;
  about: Text;
  notes: Text[];
  paste_max: number | null;
  secret: Text | null;
  numbers: Partial<NumberProfile>;
  dial: DialLink | null;
  mapping: Record<string, unknown>;
}

export interface Device {
  id: string;
  name: string;
  preset: string;
  extension: string | null;
  extensions: Record<string, string>;
  mapping: Record<string, unknown>;
  numbers: Partial<NumberProfile>;
  dial: DialLink | null;
  has_secret: boolean;
}

/** The fields of a device that can be changed; `secret` can be set but not read. */
export interface DeviceChanges {
  name?: string;
  preset?: string;
  extension?: string | null;
  extensions?: Record<string, string>;
  mapping?: Record<string, unknown>;
  numbers?: Partial<NumberProfile>;
  secret?: string | null;
  dial?: DialLink | null;
}

/** One value to paste into the sender's settings; `text` is all of it. */
export interface Pasted {
  label: string;
  events: string[];
  method: string;
  url: string;
  text: string;
  content_type: string;
  body: string;
  length: number;
  limit: number | null;
  fits: boolean;
}

export interface DeviceUrls {
  preset: string;
  title: string;
  notes: Text[];
  items: Pasted[];
}

export type { EventJson as HitEvent, HitJson as Hit, RequestJson as HitRequest } from "./frames.js";

/** The result of a dry run. */
export interface Tried {
  outcome: HitJson["outcome"];
  field: string | null;
  why: string | null;
  code: string | null;
  params: Record<string, unknown>;
  events: EventJson[];
}

export interface Trial {
  request: string;
  mapping?: Record<string, unknown>;
  numbers?: Partial<NumberProfile>;
}

export interface Activation {
  seats: number;
  expires_at: string;
}

export interface Tenant {
  id: string;
  name: string;
  numbers: NumberProfile;
  dial_link: string;
  dial_spelling: Spelling;
  activation: Activation | null;
  state: "active" | "no-code" | "expired" | "switched-off";
}
