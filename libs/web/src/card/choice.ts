// Decides what a call shows: the popup, a record in a tab of its own, or the offer of a new record.

import type { PopupSettings } from "../api/notifier";
import { isSure } from "../calls/format";
import type { Match } from "../core/types";
import { type Caller, numberLink, recordLink } from "../directory/record-link";

/** The choices of the user, with those of the tenant where the user has none. */
export type RecordChoices = Pick<PopupSettings, "no_record" | "one_record" | "many_records">;

export interface Choice {
  /** The address to open in a new tab; null to stay in the popup. */
  open: string | null;
  /** Whether a new record is the first offer. */
  isNew: boolean;
}

const POPUP: Choice = { open: null, isNew: false };

/**
 * Decides for a caller whose number was looked up. Numbers that can have no record, and those of which
 * all records are in doubt, show the popup. Several records open the tenant's application for the number, else the surest one that has
 * an address. A new record is added there too, if the tenant has one.
 */
export function choiceFor(
  matches: readonly Match[],
  caller: Caller,
  choices: RecordChoices,
  tenantUrl: string,
): Choice {
  const sure = matches.filter(isSure);
  if (caller.remote.kind !== "external" || (matches.length > 0 && sure.length === 0)) return POPUP;
  const application = numberLink(caller, tenantUrl);
  const [first] = sure;
  const chosen = choices[`${countOf(sure)}_record${sure.length > 1 ? "s" : ""}` as Name];
  if (chosen === "new") return { open: application, isNew: true };
  if (chosen === "popup") return POPUP;
  if (!first) return { open: application, isNew: false };
  const records = sure.map((match) => recordLink(match, caller, tenantUrl));
  const surest = records.find((link) => link !== null) ?? null;
  return { open: sure.length > 1 ? (application ?? surest) : surest, isNew: false };
}

type Name = keyof RecordChoices;

function countOf({ length }: readonly Match[]) {
  if (length === 0) return "no";
  return length === 1 ? "one" : "many";
}
