// The page a phone opens for a number: its records, its running call, a comment, a call back.

import { html, nothing, render } from "lit";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { fellSilent, isOver, mine } from "../calls/state";
import { statusPill } from "../calls/status";
import { CallerContent, type Subject } from "../card/content";
import { CommentBox } from "../comments/comment-box";
import { address } from "../core/place";
import type { Call, Match, Remote } from "../core/types";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import { parameters } from "./query";

/** The log and the matcher may be seconds behind the phone that opened the page. */
const REREAD_MILLIS = [1500, 5000, 15_000];
const LONGEST = 128;
/** Words that programs print for a value they do not have. */
const NOTHING = /^\W?(?:null|undefined)\W?$/i;

export type Found = { number: Remote; matches: Match[]; why: string | null };
/** Reasons of the company's lists, for which the number finds no record. */
const LISTED = ["number-own", "number-ignored"];

/** Reads only; a call is made by a click alone. */
export class PopPage implements View {
  #call = null as Call | null;
  #box = null as CommentBox | null;
  #found = null as Found | null;
  /** The sentences about the call and about the records, once both were read. */
  #about = "";
  #note = t("loading");
  #request = 0;
  readonly #caller: CallerContent;
  readonly wanted: { number: string; extension: string; call: string };
  readonly element = h("div", { class: "stack pop-page" });
  readonly unlisten: () => boolean;
  readonly timers: number[];

  /** The page of the number in the query of the address, which begins with its question mark. */
  constructor(
    readonly context: Context,
    query: string,
  ) {
    this.wanted = wanted(query);
    this.#caller = new CallerContent(this.#subject(), context, "pop", () => this.#draw());
    this.unlisten = context.calls.listen((call) => this.#changed(call));
    this.timers = REREAD_MILLIS.map((pause) => window.setTimeout(() => void this.#read(), pause));
    this.#draw();
    void this.#read();
  }

  #subject(): Subject {
    const raw = this.wanted.number.trim();
    const number = this.#found?.number ?? unread(raw);
    const title = this.#found === null || this.#isUnreplaced() ? raw || undefined : undefined;
    const call = this.#call;
    return {
      remote: number,
      name: call?.name ?? "",
      matches: this.#found?.matches ?? [],
      matched: this.#found !== null,
      call,
      // a number is shown to be called, also while its call goes on elsewhere
      isLive: false,
      ...(title ? { title } : {}),
    };
  }

  #draw() {
    const call = this.#call;
    if (call) this.element.dataset.call = call.id;
    this.#caller.subject = this.#subject();
    const view = html`<a class="back" href=${address("calls")}>${t("own.back")}</a>
      <section class="panel card-panel" aria-label=${t("nav.pop")} data-testid="pop" data-call=${call?.id ?? nothing}>
        <header class="card-panel-head">
          ${this.#caller.head()}
          ${call ? statusPill(mine(call, this.context.user.extensions)) : nothing}
        </header>
        <p class="meta" data-testid="pop-call" ?hidden=${!this.#aboutText()}>${this.#aboutText()}</p>
        <div class="card-panel-columns">
          <div class="card-panel-column">
            ${this.#caller.records()}
            <p class="meta" role="status" data-testid="pop-note" ?hidden=${!this.#note}>${this.#note}</p>
            ${this.#caller.actions()}
          </div>
          <div class="card-panel-column">${this.#caller.past()}</div>
        </div>
        ${this.#box?.element ?? nothing}
      </section>`;
    render(view, this.element);
  }

  #aboutText() {
    const call = this.#call;
    if (call === null) return this.#about;
    const key = isRunning(call) ? "pop.running" : "pop.last";
    return t(key, { when: when(call.started_at), extension: call.extension });
  }

  again() {
    void this.#read();
  }

  async #read() {
    const request = ++this.#request;
    const { api } = this.context;
    const query = { number: this.wanted.number };
    // the records are shown without the call, and the call without the records
    const [directory, log] = await Promise.allSettled([
      api.ask("GET /api/directory/matches", { query }),
      api.ask("GET /api/calls", { query }),
    ]);
    if (request !== this.#request) return;
    if (directory.status === "fulfilled") this.#found = directory.value;
    const calls: Call[] = log.status === "fulfilled" ? log.value.items : [];
    const call = this.#choose(calls);
    if (call) this.#take(call);
    this.#about = log.status === "fulfilled" ? t("pop.noCall") : reason(log.reason);
    this.#note = directory.status === "rejected" ? reason(directory.reason) : this.#emptyText();
    this.#draw();
    if (this.#found === null) return;
    this.#caller.load();
    this.#open();
  }

  /**
   * Opens the record if the user has chosen that, once for each visit of the page. A phone has opened
   * this tab for the record, so that takes the place of the page if the browser opens no tab.
   */
  #open() {
    const address = this.#caller.act(`pop ${visit()}`);
    if (address !== null) location.assign(address);
  }

  /** Whether the phone sent a placeholder, which the server reads as an empty text. */
  #isUnreplaced() {
    const text = this.wanted.number.trim();
    return this.#found?.number.raw === "" && text !== "" && !NOTHING.test(text);
  }

  /** Why there are no records; empty if there are some. */
  #emptyText() {
    if (!this.#found || this.#found.matches.length > 0) return "";
    const { kind } = this.#found.number;
    const listed = LISTED.find((code) => code === this.#found?.why);
    if (listed) return t("pop.listed", { why: problemText(listed, {}, listed) });
    if (this.#isUnreplaced()) return t("pop.placeholder");
    if (kind === "anonymous") return t("pop.noNumber");
    if (kind === "external") return ""; // the card says so
    return t(kind === "invalid" ? "pop.invalid" : "matches.none");
  }

  /**
   * The call the phone means, else the running one at its extension, else the latest of the number.
   */
  #choose(logged: Call[]) {
    const { call: id, extension } = this.wanted;
    const { calls } = this.context;
    // a comment that is being written stays with its call, and the page with both
    if (this.#call && this.#box?.busy) return calls.get(this.#call.id) ?? this.#call;
    const known = new Map(logged.map((call) => [call.id, call]));
    for (const call of calls.all()) {
      if (known.has(call.id) || this.#isOfNumber(call)) known.set(call.id, call);
    }
    const all = [...known.values()].filter((call) => call.deleted_at === null);
    all.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
    const running = all.filter(isRunning);
    const named = (call: Call) => call.id === id || call.external_ids?.includes(id); // a call log of 0.1.0 has none
    const here = (call: Call) => call.legs.some((leg) => leg.extension === extension);
    // phones count their calls and begin again, so a running one goes before an old one of that id
    const call = running.find(named) ?? running.find(here) ?? all.find(named);
    if (call || this.#found?.number.kind === "anonymous") return call ?? null; // another caller's
    return running[0] ?? all[0] ?? null;
  }

  #isOfNumber({ remote }: Call) {
    const number = this.#found?.number;
    if (!number || number.kind !== remote.kind) return false;
    return (
      number.e164 === remote.e164 && (number.e164 !== null || number.display === remote.display)
    );
  }

  #take(call: Call) {
    this.context.displays(call.id);
    if (this.#box && this.#call?.id === call.id) this.#box.update(call);
    else {
      this.#box?.stop();
      this.#box = new CommentBox(call, this.context);
    }
    this.#call = call;
  }

  tick() {
    if (this.#call) this.#draw(); // it may have fallen silent
  }

  #changed(call: Call | null) {
    if (call === null) return;
    if (call.id === this.#call?.id) {
      this.#take(call);
      this.#draw();
    } else if (this.#isOfNumber(call)) void this.#read();
  }

  stop() {
    this.#request += 1; // an answer that comes later must not hide the popup again
    this.context.displays(null);
    this.unlisten();
    for (const timer of this.timers) window.clearTimeout(timer);
    this.#box?.stop();
    this.#caller.stop();
  }
}

/** A number before the server has read it. */
function unread(raw: string): Remote {
  return { raw, e164: null, kind: raw ? "invalid" : "anonymous", display: raw, ext: "" };
}

/** Names this visit of the page; a reload and the way back are the same visit. */
function visit(): string {
  const state = (history.state ?? {}) as { visit?: string };
  const name = state.visit ?? `${Date.now()}-${Math.random()}`;
  if (state.visit === undefined) history.replaceState({ ...state, visit: name }, "");
  return name;
}

/** A call whose end no phone reported does not run for ever. */
function isRunning(call: Call) {
  return !isOver(call) && !fellSilent(call);
}

/** The parameters in the query of the address, as the phone filled it in. */
function wanted(query: string) {
  const values = parameters(query);
  const value = (name: string) => (values.get(name) ?? "").slice(0, LONGEST);
  return {
    number: value("number"),
    extension: value("extension").trim(),
    call: value("call_id").trim(),
  };
}
