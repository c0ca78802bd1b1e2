// Makes the address of a record, or of the tenant's application for a number, from a template.

import type { Match, Remote } from "../core/types";
import { safeUrl } from "../dom/safe-url";

/** The values of a call for the placeholders of an address. */
export interface Caller {
  remote: Remote;
  /** The id of the call, empty without one. */
  call: string;
  extension: string;
}

/** The parts of the address of a record. */
type Linked = Pick<Match, "host_id" | "record" | "type" | "url">;

/** The address of a record: its own, else the tenant's; null if neither is a web address. */
export function recordLink(match: Linked, caller: Caller, tenantUrl: string) {
  const values = { ...valuesOf(caller), ...recordValues(match) };
  return safeUrl(filled(match.url || tenantUrl, values));
}

/** The address of the tenant's application for a number that no record, or more than one, has. */
export function numberLink(caller: Caller, tenantUrl: string) {
  const values = { ...valuesOf(caller), host_id: "", record: "", type: "" };
  return caller.remote.e164 === null ? null : safeUrl(filled(tenantUrl, values));
}

function valuesOf({ remote, call, extension }: Caller) {
  return { e164: remote.e164 ?? "", call, extension };
}

function recordValues({ host_id, record, type }: Linked) {
  return { host_id, record, type };
}

/** A placeholder in the host, which a caller could choose then. */
const IN_HOST = /^[a-z]+:\/\/[^/?#]*\{/i;

/** Fills the placeholders, percent-encoded; others stay as they are. */
function filled(template: string, values: Record<string, string>) {
  if (IN_HOST.test(template)) return "";
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? encodeURIComponent(values[name] ?? "") : whole,
  );
}
