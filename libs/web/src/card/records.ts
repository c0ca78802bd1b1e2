// The records behind a number: each with its type, company, e-mail address, note and link.

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { address } from "../core/place";
import type { Match } from "../core/types";
import { certainty, mailLink, typeText } from "../directory/matches";
import { isOpening } from "../directory/pick";
import { type Caller, recordLink } from "../directory/record-link";
import { plain, stranger } from "../dom/stranger";
import { counted, t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import type { Headline } from "./caller";

/** Records that are shown before the others are counted. */
const SHOWN = 3;

export interface RecordList {
  matches: readonly Match[];
  caller: Caller;
  head: Headline;
  tenantUrl: string;
  testid: string;
  showsAll: boolean;
  showAll: () => void;
  /** Is called with the record that the user opens. */
  picked: (record: string) => void;
}

export function recordList(list: RecordList): TemplateResult | typeof nothing {
  const { matches, showsAll, showAll } = list;
  if (matches.length === 0) return nothing;
  const more = matches.length - SHOWN;
  const isHidden = (at: number) => !showsAll && at >= SHOWN;
  return html`<ul class="records" aria-label=${t("matches.title")}>
      ${repeat(
        matches,
        (match) => match.record,
        (match, at) => recordItem(match, list, isHidden(at)),
      )}
    </ul>
    <button
      type="button"
      class="more"
      data-testid="records-more"
      ?hidden=${showsAll || more <= 0}
      @click=${showAll}
    >
      ${counted("records.more", more)}
    </button>`;
}

function recordItem(match: Match, list: RecordList, isHidden: boolean) {
  const { head, testid } = list;
  const { email, note, tags } = match;
  const company = plain(match.organization);
  // one that the headline has already
  const isKnown = company === head.company || company === head.title;
  return html`<li
    class="record"
    data-testid=${testid}
    data-type=${match.type}
    data-record=${match.record}
    ?hidden=${isHidden}
  >
    <div class="record-line">
      <span class="badge type-${match.type}">${typeText(match.type)}</span>
      ${recordName(match, list)}${certainty(match)}
    </div>
    <p class="record-facts" ?hidden=${!(company && !isKnown) && !email}>
      ${company && !isKnown ? stranger(company) : nothing}${email ? mailLink(email) : nothing}
    </p>
    <p class="record-note" ?hidden=${!note}>${stranger(note)}</p>
    <p class="record-tags" ?hidden=${tags.length === 0}>
      ${tags.map((tag) => html`<span class="tag" data-testid="match-tag">${stranger(tag)}</span> `)}
    </p>
  </li>`;
}

function recordName(match: Match, { caller, tenantUrl, picked }: RecordList) {
  const open = (event: MouseEvent) => isOpening(event) && picked(match.record);
  const url = recordLink(match, caller, tenantUrl);
  if (url === null) {
    const own = address("directory", match.record);
    return html`<a class="match-name" href=${own} @click=${open} @auxclick=${open}>${stranger(match.name)}</a>`;
  }
  return html`<a class="match-name" href=${url} target="_blank" rel="noopener noreferrer" @click=${open} @auxclick=${open}
    >${stranger(match.name)}${iconOf("open")}<span class="unseen">${t("record.newTab")}</span></a
  >`;
}
