// One hit in the inspector, as a row that opens.

import { html, nothing } from "lit";
import { numberText } from "../calls/format";
import type { Hit, HitEvent } from "../core/types";
import { language, t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { iconOf } from "../ui/icon";
import { type DetailActions, hitDetails, type Replay } from "./hit-details";

/** With milliseconds, since a phone sends several requests in a second. */
const CLOCK = {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
} as const;
const ICONS = { accepted: "ended", ignored: "elsewhere", refused: "missed" };

export interface HitActions extends DetailActions {
  toggle: (hit: Hit) => void;
}

export function hitRow(
  hit: Hit,
  { isOpen, replay }: { isOpen: boolean; replay: Replay | undefined },
  actions: HitActions,
) {
  const { method, path } = hit.request;
  return html`<li
    class=${isOpen ? "hit open" : "hit"}
    data-testid="hit-row"
    data-hit=${hit.id}
    data-outcome=${hit.outcome}
  >
    <button
      type="button"
      class="hit-line"
      aria-expanded=${isOpen}
      data-testid="hit-open"
      @click=${() => actions.toggle(hit)}
    >
      <span class="hit-time">${clockTime(hit.at)}</span>
      ${outcomePill(hit.outcome, `${t(`outcome.${hit.outcome}`)} ${hit.status}`)}
      <span class="hit-request">${method} ${path}</span>
      <span class="hit-read" data-testid="hit-read">${understood(hit)}</span>
      ${iconOf("chevron")}
    </button>
    ${isOpen ? hitDetails(hit, replay, actions) : nothing}
  </li>`;
}

export function outcomePill(outcome: Hit["outcome"], words: string) {
  return html`<span class="pill pill-${outcome}" data-testid="hit-outcome">${iconOf(ICONS[outcome])}${words}</span>`;
}

/** Returns the reason of a refusal, or the events of the hit and what in it could not be read. */
export function understood(
  read: Pick<Hit, "outcome" | "field" | "why" | "code" | "params" | "events" | "unread">,
) {
  const problems = (read.unread.length > 0 ? read.unread : [read]).map(problemLine);
  if (read.outcome === "refused") return problemLine(read) || (read.field ?? "");
  if (read.events.length === 0) return problemLine(read) || t("hit.nothing");
  // members of a list may be unreadable while others are events
  return [...read.events.map(eventLine), ...problems].filter(Boolean).join("; ");
}

function problemLine({ field, why, code, params }: Pick<Hit, "field" | "why" | "code" | "params">) {
  return why ? [field, problemText(code, params, why)].filter(Boolean).join(": ") : "";
}

function eventLine({ event, direction, extension, remote }: HitEvent) {
  const number = remote && numberText(remote);
  const telling = remote?.kind === "external" || remote?.kind === "anonymous";
  const said = [
    t(`event.${event}`),
    direction && t(`direction.${direction}`),
    extension && t("hit.extension", { extension }),
    remote && !telling ? `${number} (${t(`remote.${remote.kind}`)})` : number,
  ];
  return said.filter(Boolean).join(" · ");
}

function clockTime(time: string) {
  return new Date(time).toLocaleTimeString(language(), CLOCK);
}
