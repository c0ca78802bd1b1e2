// The types of the API and the interfaces between the modules of the page.
// The types of the websocket are generated into frames.d.ts.

import type { Api } from "./api.js";
import type { Calls } from "./calls.js";
import type { Hit } from "./device-types.js";
import type { CallJson, Match } from "./frames.js";
import type { Drafts } from "./storage.js";

export type { CallJson as Call, Comment, Leg, Match, TrashFrame } from "./frames.js";
export type { RemoteNumber as Remote, ServerFrame as Frame } from "./frames.js";

export type Phase = CallJson["phase"];
export type Direction = CallJson["direction"];
export type RecordType = Match["type"];
export type Role = "user" | "admin" | "operator";

export interface User {
  id: string;
  tenant: string;
  login: string;
  name: string;
  role: Role;
  extensions: string[];
}

/** A message that could not be handled: its queue, the reason, and its content. */
export interface DeadLetter {
  id: string;
  queue: string;
  type: string;
  tenant: string;
  reason: string;
  state: "waiting" | "replayed";
  first_at: string;
  last_at: string;
  times: number;
  replayed_at: string | null;
  headers: Record<string, unknown>;
  body: string;
}

export interface LetterFilter {
  state: string;
  queue: string;
  tenant: string;
}

export interface SessionAnswer {
  token: string;
  expires_at: string;
  user: User;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** One field the server refused; `code` and `params` are listed in docs/problems.md. */
export interface FieldProblem {
  field: string;
  message: string;
  code?: string;
  params?: Record<string, unknown>;
}

export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  params?: Record<string, unknown>;
  errors?: FieldProblem[];
}

/** The state of a call for this user; `elsewhere` means that a colleague answered. */
export type Mine = "dialed" | "ringing" | "connected" | "elsewhere" | "ended" | "missed";

export interface Filter {
  phase: string;
  direction: string;
  number: string;
}

export type ConnectionState =
  { state: "connecting" } | { state: "connected" } | { state: "waiting"; retryAt: number };

/**
 * One part of the page; `tick` runs about once a second, `stop` before it is thrown away, `again`
 * after a lost connection, `hit` for each hit of the watched device.
 */
export interface View {
  element: HTMLElement;
  hit?: (hit: Hit) => void;
  again?: () => void;
  tick?: () => void;
  stop?: () => void;
}

/** The functions all views of a signed-in user share. */
export interface Context {
  user: User;
  api: Api;
  calls: Calls;
  drafts: Drafts;
  /** Shows a message for a few seconds. */
  say: (text: string, kind: "good" | "bad") => void;
  /** Dials from the chosen extension and shows what failed. */
  dial: (number: string) => void;
  /** Reads the first page of the list again. */
  reload: () => Promise<void>;
  /** Subscribes to the hits of this device; null ends it. */
  watch: (device: string | null) => void;
}
