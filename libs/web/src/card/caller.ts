// Who is on the other side of a call: the name and company first, the number below.

import { isSure, numberText } from "../calls/format";
import type { Match, Remote } from "../core/types";
import { plain } from "../dom/stranger";

export interface Known {
  remote: Remote;
  matches: readonly Match[];
  /** The name that a telephone reports. */
  name: string;
}

export interface Headline {
  /** The name, or the number of a caller without one. */
  title: string;
  company: string;
  /** Where the title comes from. */
  from: "record" | "phone" | "number";
}

/**
 * The name of the surest record that is not in doubt, else the one that the telephone reports. A record without a company
 * has that of the organisation with the same number.
 */
export function headline({ remote, matches, name }: Known): Headline {
  const [first] = matches.filter(isSure);
  const phone = plain(name);
  if (!first) {
    if (phone) return { title: phone, company: "", from: "phone" };
    return { title: numberText(remote), company: "", from: "number" };
  }
  const title = plain(first.name);
  const company = plain(first.organization) || organisationOf(first, matches);
  return { title, company: company === title ? "" : company, from: "record" };
}

function organisationOf(first: Match, matches: readonly Match[]) {
  if (first.type === "organization") return "";
  const found = matches.find((match) => match.type === "organization" && match.level === "exact");
  return plain(found?.name ?? "");
}
