// The details of a hit. They come from strangers and are shown as text only.
/** @import { Hit, HitEvent } from "./device-types.js" */
/** @import { HitActions } from "./hit.js" */

import { fill, h, setText } from "./dom.js";
import { duration, typeText, when } from "./format.js";
import { t } from "./messages.js";
import { address } from "./place.js";
import { problemText } from "./problems.js";

/** The status of hits refused for their content, which can be replayed. */
const NOT_UNDERSTOOD = 422;

export class HitDetails {
  /**
   * @param {Hit} hit
   * @param {HitActions} actions
   */
  constructor(hit, actions) {
    this.actions = actions;
    this.read = h("div", { class: "hit-part" });
    this.note = h("p", { class: "note", role: "status", "data-testid": "replay-note" });
    this.again = h(
      "button",
      { type: "button", class: "button", "data-testid": "replay" },
      t("hit.replay"),
    );
    this.again.addEventListener("click", () => void this.#replay());
    const trial = h(
      "button",
      { type: "button", class: "button quiet", "data-testid": "to-trial" },
      t("hit.trial"),
    );
    trial.addEventListener("click", () => actions.trial(this.hit));
    this.hit = hit;
    this.element = h(
      "div",
      { class: "hit-details", "data-testid": "hit-details" },
      this.read,
      h("div", { class: "hit-part" }, ...request(hit)),
      h("div", { class: "hit-actions" }, this.again, trial, this.note),
    );
    this.update(hit);
  }

  /** @param {Hit} hit */
  update(hit) {
    this.hit = hit;
    this.again.hidden = hit.outcome !== "refused" || hit.status !== NOT_UNDERSTOOD;
    fill(
      this.read,
      h("h4", {}, t("hit.readAs")),
      hit.replayed_at !== null &&
        h("p", { class: "meta" }, t("hit.replayed", { when: when(hit.replayed_at) })),
      hit.outcome === "refused" && wrong(hit),
      hit.outcome !== "refused" &&
        hit.events.length === 0 &&
        h("p", { class: "meta" }, t("hit.nothing")),
      ...hit.events.map(eventFacts),
    );
  }

  async #replay() {
    this.again.disabled = true;
    const { words, good } = await this.actions.replay(this.hit).then(
      (said) => ({ words: said, good: true }),
      (/** @type {Error} */ error) => ({ words: error.message, good: false }),
    );
    this.again.disabled = false;
    this.note.classList.toggle("bad", !good);
    setText(this.note, words);
  }
}

/** @param {Hit} hit */
function wrong({ field, why, code, params }) {
  return h(
    "p",
    { class: "hit-wrong", "data-testid": "hit-wrong" },
    field && h("code", {}, field),
    " ",
    problemText(code, params, why ?? ""),
  );
}

/** @param {HitEvent} event */
export function eventFacts(event) {
  const { remote } = event;
  const kind = remote && t(`remote.${remote.kind}`);
  return h(
    "div",
    { class: "event-facts", "data-testid": "hit-event" },
    table([
      [t("fact.event"), t(`event.${event.event}`)],
      [t("fact.direction"), event.direction && t(`direction.${event.direction}`)],
      [t("fact.extension"), event.extension],
      [t("fact.sent"), event.number],
      [
        t("fact.number"),
        remote && [remote.e164 ?? remote.display, kind].filter(Boolean).join(" · "),
      ],
      [t("fact.callId"), event.call_id],
      [t("fact.name"), event.name],
      [t("fact.reason"), event.reason],
      [t("fact.duration"), event.duration === null ? null : duration(event.duration)],
      [t("fact.time"), event.time && when(event.time)],
      [t("fact.identity"), event.identity && t(`identity.${event.identity}`)],
      [t("fact.matches"), event.matches.map((m) => `${typeText(m.type)}: ${m.name}`).join("; ")],
    ]),
    event.call !== null &&
      h("a", { href: address("calls", event.call), "data-testid": "hit-call" }, t("hit.call")),
  );
}

/** @param {Hit} hit */
function request({ request: sent }) {
  const query = [...new URLSearchParams(sent.query)];
  const headers = Object.entries(sent.headers);
  const address = `${sent.method} ${sent.path}${sent.query ? `?${sent.query}` : ""}`;
  return [
    h("h4", {}, t("hit.request", { client: sent.client })),
    h("pre", { class: "raw", tabindex: 0 }, address),
    query.length > 0 && table(query, "hit-query"),
    headers.length > 0 &&
      h("details", {}, h("summary", {}, t("hit.headers")), table(headers, "hit-headers")),
    sent.body !== "" && h("h4", {}, t("hit.body")),
    sent.body !== "" &&
      h("pre", { class: "raw", tabindex: 0, "data-testid": "hit-body" }, sent.body),
  ];
}

/**
 * A table without the rows that are empty.
 * @param {(string | null)[][]} rows
 * @param {string} [testid]
 */
function table(rows, testid) {
  const told = rows.filter(([, value]) => testid !== undefined || value);
  return h(
    "table",
    { class: "facts-table", "data-testid": testid },
    h(
      "tbody",
      {},
      ...told.map(([name, value]) =>
        h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value ?? "")),
      ),
    ),
  );
}
