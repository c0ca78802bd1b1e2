// Sends one request to a service and turns every failure into an ApiError.

import logo from "../../assets/logo.svg";
import { heardTime } from "./clock";
import { type Answer, addressOf, type Parts, type Route } from "./routes";
import type { Problem } from "./types";

/** A connection may be dead without being closed; then no answer ever comes. */
export const LONGEST_MILLIS = 15_000;
/** A file of some megabytes takes its time on a slow line. */
export const LONGEST_UPLOAD_MILLIS = 180_000;
const PROBE_MILLIS = 1000;
/** How many connections browsers keep to a server that speaks HTTP/1.1. */
const CONNECTIONS = 6;
/** Why reads are aborted that were sent on a lost connection. */
export const RECONNECTED = "the connection was lost";

/** A request that failed; status 0 means that there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail ?? problem.title ?? String(status));
  }
}

export interface Sending {
  token?: string | null;
  /** The idempotency key, equal for a request that is sent again. */
  key?: string | undefined;
  /** The version of the resource that a change is based on; it is refused if there is a newer one. */
  version?: number | undefined;
  /** Whether the request goes on when the page is closed. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

/** Aborts a request that has no answer in time. */
export function limit(millis = LONGEST_MILLIS) {
  const abort = new AbortController();
  window.setTimeout(() => abort.abort(), millis);
  return abort;
}

/**
 * Has the browser close its dead connections. It keeps several for the next requests, and closes
 * one only when a request on it is aborted: trying again would hang once for each of them.
 */
export function dropDeadConnections() {
  for (let i = 0; i < CONNECTIONS; i++) {
    const { signal } = limit(PROBE_MILLIS);
    void fetch(logo, { cache: "no-store", signal }).catch(() => undefined);
  }
}

/** Sends one request. Returns the JSON of the answer, or null if it has none. */
export async function send<R extends Route>(
  route: R,
  parts: Parts<R> & Sending,
): Promise<Answer<R>> {
  const { token, key, version, file, keepalive = false, signal = limit().signal } = parts;
  const { path, query, body } = parts as { path?: undefined; query?: undefined; body?: undefined };
  const { method, address } = addressOf(route, path, query);
  const headers = new Headers({ ...parts.header, Accept: "application/json" });
  if (file) headers.set("Content-Type", "application/octet-stream");
  else if (body !== undefined) headers.set("Content-Type", "application/json");
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  if (version !== undefined) headers.set("If-Match", `"${version}"`);
  const json = body === undefined ? null : JSON.stringify(body);
  let answer: Response;
  let text: string;
  try {
    const options = { method, headers, body: file ?? json, keepalive, signal };
    answer = await fetch(address, { ...options, credentials: "same-origin" });
    text = await answer.text();
  } catch (error) {
    if (!signal.aborted) throw new ApiError(0, { detail: String(error) });
    if (signal.reason !== RECONNECTED) dropDeadConnections();
    throw new ApiError(0, { code: "late" });
  }
  heardTime(Date.parse(answer.headers.get("Date") ?? ""));
  const content = parsed(text);
  if (!answer.ok) throw new ApiError(answer.status, content ?? {});
  return content;
}

/** Returns null if the text is no JSON, as in the answer of a proxy. */
function parsed(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
