// The records that match a number. Links lead to web addresses only.

import { html, nothing, type TemplateResult } from "lit";
import { fellSilent, isOver } from "../calls/state";
import { address, NEW } from "../core/place";
import type { Call, Match } from "../core/types";
import { safeUrl } from "../dom/safe-url";
import { plain, stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { isOpening } from "./pick";

/**
 * The matches of a call; `picked` is called for one that the user opens. That there are none is said once the
 * number was looked up.
 */
export function matchList(
  call: Call,
  testid: string,
  picked: (record: string) => void,
): TemplateResult {
  const { length } = call.matches;
  const looking = !call.matched && !isOver(call) && !fellSilent(call);
  return html`<div class="match-box">
    <ul class="matches" aria-label=${t("matches.title")} ?hidden=${length === 0}>
      ${call.matches.map((match) => matchItem(match, testid, picked))}
    </ul>
    <p class="meta" ?hidden=${length > 0 || call.remote.kind !== "external"}>
      ${t(looking ? "matches.noneYet" : "matches.none")}
      ${looking ? nothing : newRecordLink(call)}
    </p>
  </div>`;
}

/** Leads to the form of a new record, filled in with the caller. */
function newRecordLink({ remote, name }: Call) {
  const query = new URLSearchParams({ number: remote.e164 ?? remote.raw, name: plain(name) });
  const href = `${address("directory", NEW)}?${query}`;
  return html`<a href=${href} data-testid="match-new">${t("record.new")}</a>`;
}

export function matchItem(
  match: Match,
  testid: string,
  picked: (record: string) => void,
): TemplateResult {
  const open = (event: MouseEvent) => isOpening(event) && picked(match.record);
  const url = safeUrl(match.url);
  const name = url
    ? html`<a class="match-name" href=${url} target="_blank" rel="noopener noreferrer" @click=${open} @auxclick=${open}>${match.name}</a>`
    : html`<a class="match-name" href=${address("directory", match.record)} @click=${open} @auxclick=${open}>${match.name}</a>`;
  return html`<li
    class="match"
    data-testid=${testid}
    data-type=${match.type}
    data-record=${match.record}
  >
    <span class="badge type-${match.type}">${typeText(match.type)}</span>
    <span>${name} ${certainty(match)}</span>
  </li>`;
}

/** How certain it is that a record is the caller's, and why; nothing for one with the number itself. */
export function certainty({ level, basis }: Match) {
  if (level === "exact") return nothing;
  return html`<span class="tag" data-testid="match-level">${t(`match.${level}`)}</span>
    <span class="meta" data-testid="match-why">${t(`match.why.${basis}`)}</span>`;
}

export const RECORD_TYPES: readonly Match["type"][] = [
  "contact",
  "organization",
  "lead",
  "partner",
  "supplier",
];

/** An e-mail address, which a click writes to. */
export function mailLink(address: string) {
  return html`<a class="record-mail" href="mailto:${encodeURIComponent(address)}">${stranger(address)}</a>`;
}

export function typeText(type: Match["type"]) {
  return t(`type.${type}`);
}
