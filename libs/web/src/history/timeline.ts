// The reports of each phone about a call, by leg, with the requests behind them.

import { html, nothing, render, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { clockText, duration, numberText } from "../calls/format";
import { address } from "../core/place";
import type { Call, Leg, TimelineEntry } from "../core/types";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";

/** The names of the tenant's phones by id, read once for all calls of a list. */
const NAMES: WeakMap<Context, Promise<Map<string, string>>> = new WeakMap();

export class Timeline {
  #entries: TimelineEntry[] | null = null;
  #names: Map<string, string> = new Map();
  /** The evidence that was read last; more of it is read again. */
  #legs = "";
  #stopped = false;
  readonly element = h("div", { class: "timeline", "data-testid": "timeline" });

  constructor(
    public call: Call,
    readonly context: Context,
  ) {
    this.update(call);
  }

  update(call: Call) {
    this.call = call;
    const legs = JSON.stringify(call.legs);
    if (legs !== this.#legs) {
      this.#legs = legs;
      void this.#read();
    }
  }

  stop() {
    this.#stopped = true;
  }

  async #read() {
    const { callApi } = this.context;
    try {
      const [page, names] = await Promise.all([callApi.timeline(this.call.id), this.#phones()]);
      this.#entries = page.items;
      this.#names = names;
    } catch {
      // the legs of the call, which the page has, are shown in place of the timeline
    }
    if (!this.#stopped) this.#draw();
  }

  #phones() {
    const { context } = this;
    if (context.user.role === "user") return new Map<string, string>();
    const known = NAMES.get(context) ?? readNames(context);
    NAMES.set(context, known);
    return known;
  }

  #draw() {
    const legs = legsOf(this.#entries ?? []);
    const content =
      legs.length > 0
        ? html`<h3>${t("timeline.title")}</h3>
            ${legs.map((entries) => this.#leg(entries))}`
        : plainLegs(this.call);
    render(content, this.element);
  }

  #leg(entries: TimelineEntry[]) {
    const [{ extension, device } = { extension: "", device: "" }] = entries;
    const users = this.context.calls.reader.usersAt(extension).map(({ name }) => name);
    const phone = device === "" ? t("timeline.click") : this.#names.get(device);
    const parts = [extension && t("extension", { extension }), phone].filter(Boolean);
    return html`<section class="timeline-leg" data-testid="timeline-leg">
      <h4>
        ${users.length > 0 ? html`<span>${users.join(", ")}</span>` : nothing}
        <span class="meta">${parts.join(" · ")}</span>
      </h4>
      ${this.#ids(entries)}
      <ol>
        ${entries.map((entry) => this.#step(entry))}
      </ol>
    </section>`;
  }

  /** The ids that the phone itself has for the call, for administrators. */
  #ids(entries: TimelineEntry[]) {
    if (this.context.user.role === "user") return nothing;
    const ids = [...new Set(entries.map((entry) => entry.external_id).filter(Boolean))];
    if (ids.length === 0) return nothing;
    return html`<p class="meta">${t("timeline.id", { id: ids.join(", ") })}</p>`;
  }

  #step(entry: TimelineEntry) {
    const time = clockText(entry.at);
    return html`<li class="step step-${entry.phase}" data-testid="timeline-step">
      <time datetime=${entry.at}>${time}</time>
      <div>
        <span class="step-word">${t(`phase.${entry.phase}`)}</span>
        <span class="meta">${this.#facts(entry)}</span>
      </div>
      ${hitLink(entry, time)}
    </li>`;
  }

  /** The facts of an event that the call does not show already. */
  #facts({ remote, name, reason, talk_seconds: talk }: TimelineEntry) {
    const number = remote && numberText(remote);
    const facts: (string | false | null)[] = [
      number !== numberText(this.call.remote) && number,
      name !== this.call.name && name,
      reason,
      talk !== null && t("timeline.talk", { time: duration(talk) }),
    ];
    return facts.filter(Boolean).join(" · ");
  }
}

async function readNames({ api }: Context) {
  try {
    const { items } = await api.ask("GET /api/devices");
    return new Map(items.map(({ id, name }) => [id, name]));
  } catch {
    return new Map<string, string>(); // without names the extensions tell the legs apart
  }
}

/** The events of each leg, the leg that began first at the top. */
function legsOf(entries: TimelineEntry[]) {
  const legs: Map<string, TimelineEntry[]> = new Map();
  for (const entry of entries) {
    const key = `${entry.extension} ${entry.device}`;
    legs.set(key, [...(legs.get(key) ?? []), entry]);
  }
  return [...legs.values()];
}

function hitLink({ device, hit }: TimelineEntry, time: string): TemplateResult | typeof nothing {
  if (hit === "" || device === "") return nothing;
  const words = t("timeline.hit", { time });
  const href = `${address("phones", device)}?hit=${encodeURIComponent(hit)}`;
  return html`<a class="step-hit" href=${href} title=${words} data-testid="timeline-hit"
    >${t("timeline.request")}<span class="unseen"> ${time}</span></a
  >`;
}

/** The legs as the call has them, when the timeline could not be read. */
function plainLegs(call: Call) {
  const lines = call.legs.filter((leg) => leg.extension !== "").map(legText);
  if (lines.length === 0) return nothing;
  return html`<h3>${t("history.legs")}</h3>
    <ul class="legs">
      ${lines.map((line) => html`<li>${line}</li>`)}
    </ul>`;
}

function legText(leg: Leg) {
  const begun = leg.rung_at ?? leg.dialed_at ?? leg.connected_at ?? leg.ended_at;
  const state = t(`phase.${leg.answered && leg.phase === "missed" ? "ended" : leg.phase}`);
  return [t("extension", { extension: leg.extension }), state, begun && clockText(begun)]
    .filter(Boolean)
    .join(" · ");
}
