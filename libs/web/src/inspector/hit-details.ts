// The details of a hit. They come from strangers and are shown as text only.

import { html, nothing, type TemplateResult } from "lit";
import { duration, numberText, when } from "../calls/format";
import { address } from "../core/place";
import type { Hit, HitEvent } from "../core/types";
import { typeText } from "../directory/matches";
import { t } from "../i18n/messages";
import { problemText } from "../i18n/problems";

/** The status of hits refused for their content, which can be replayed. */
const NOT_UNDERSTOOD = 422;

/** The state of a replay: that it runs, or its result in words. */
export interface Replay {
  isBusy: boolean;
  words: string;
  isBad: boolean;
}

export interface DetailActions {
  replay: (hit: Hit) => void;
  /** Opens the hit in the dry run. */
  trial: (hit: Hit) => void;
}

export function hitDetails(hit: Hit, replay: Replay | undefined, actions: DetailActions) {
  const mayReplay = hit.outcome === "refused" && hit.status === NOT_UNDERSTOOD;
  return html`<div class="hit-details" data-testid="hit-details">
    <div class="hit-part">${understanding(hit)}</div>
    <div class="hit-part">${request(hit)}</div>
    <div class="hit-actions">
      <button
        type="button"
        class="button"
        data-testid="replay"
        ?hidden=${!mayReplay}
        ?disabled=${replay?.isBusy}
        @click=${() => actions.replay(hit)}
      >
        ${t("hit.replay")}
      </button>
      <button
        type="button"
        class="button quiet"
        data-testid="to-trial"
        @click=${() => actions.trial(hit)}
      >
        ${t("hit.trial")}
      </button>
      <p
        class=${replay?.isBad ? "note bad" : "note"}
        role="status"
        data-testid="replay-note"
      >${replay?.words ?? ""}</p>
    </div>
  </div>`;
}

function understanding(hit: Hit) {
  const isRefused = hit.outcome === "refused";
  const wrong = (hit.unread.length > 0 ? hit.unread : [hit]).filter(
    ({ code }) => isRefused || code !== null,
  );
  const isNothing = !isRefused && hit.events.length === 0;
  return html`<h4>${t("hit.readAs")}</h4>
    ${
      hit.replayed_at === null
        ? nothing
        : html`<p class="meta">${t("hit.replayed", { when: when(hit.replayed_at) })}</p>`
    }
    ${wrong.map(problem)} ${isNothing ? html`<p class="meta">${t("hit.nothing")}</p>` : nothing}
    ${hit.events.map(eventFacts)}`;
}

function problem({ field, why, code, params }: Pick<Hit, "field" | "why" | "code" | "params">) {
  return html`<p class="hit-wrong" data-testid="hit-wrong">
    ${field ? html`<code>${field}</code>` : nothing} ${problemText(code, params, why ?? "")}
  </p>`;
}

function noteText({ field, code, params, why }: HitEvent["notes"][number]) {
  return `${field} ${problemText(code, params, why)}`;
}

export function eventFacts(event: HitEvent) {
  const { remote, called } = event;
  const kind = remote && t(`remote.${remote.kind}`);
  const facts = [
    [t("fact.event"), t(`event.${event.event}`)],
    [t("fact.direction"), event.direction && t(`direction.${event.direction}`)],
    [t("fact.extension"), event.extension],
    [t("fact.sent"), event.number],
    [t("fact.number"), remote && [remote.e164 ?? remote.display, kind].filter(Boolean).join(" · ")],
    [t("fact.called"), called && [numberText(called), event.called_name].filter(Boolean).join(" ")],
    [t("fact.callId"), event.call_id],
    [t("fact.name"), event.name],
    [t("fact.reason"), event.reason],
    [t("fact.duration"), event.duration === null ? null : duration(event.duration)],
    [t("fact.time"), event.time && when(event.time)],
    [t("fact.notes"), event.notes.map(noteText).join("; ")],
    [t("fact.identity"), identityText(event)],
    [t("fact.matches"), event.matches.map((m) => `${typeText(m.type)}: ${m.name}`).join("; ")],
  ] as const;
  return html`<div class="event-facts" data-testid="hit-event">
    ${table(facts.filter(([, value]) => value))}
    ${
      event.call === null
        ? nothing
        : html`<a href=${address("calls", event.call)} data-testid="hit-call">${t("hit.call")}</a>`
    }
  </div>`;
}

/** By what the call was found. A request without an id of the phone was not found by one. */
export function identityText({ identity, call_id }: Pick<HitEvent, "identity" | "call_id">) {
  if (identity === null || (identity === "phone" && call_id === null)) return null;
  return t(`identity.${identity}`);
}

function request({ request: sent }: Hit) {
  const query = [...new URLSearchParams(sent.query)];
  const headers = Object.entries(sent.headers);
  const line = `${sent.method} ${sent.path}${sent.query ? `?${sent.query}` : ""}`;
  return html`<h4>${t("hit.request", { client: sent.client })}</h4>
    <pre class="raw" tabindex="0">${line}</pre>
    ${query.length > 0 ? table(query, "hit-query") : nothing}
    ${
      headers.length > 0
        ? html`<details>
          <summary>${t("hit.headers")}</summary>
          ${table(headers, "hit-headers")}
        </details>`
        : nothing
    }
    ${
      sent.body === ""
        ? nothing
        : html`<h4>${t("hit.body")}</h4>
          <pre class="raw" tabindex="0" data-testid="hit-body">${sent.body}</pre>`
    }`;
}

type Row = readonly [name: string, value: string | null];

function table(rows: readonly Row[], testid?: string): TemplateResult {
  return html`<table class="facts-table" data-testid=${testid ?? nothing}>
    <tbody>
      ${rows.map(
        ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value ?? ""}</td></tr>`,
      )}
    </tbody>
  </table>`;
}
