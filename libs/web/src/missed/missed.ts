// The counter of missed calls that their user has not seen, the same in all tabs.

import type { MissedCalls } from "../api/calllog";
import { isOver, mine } from "../calls/state";
import type { Calls } from "../calls/store";
import type { Api } from "../core/client";
import { isRecent } from "../core/clock";
import { Tabs } from "../core/tabs";
import type { Call, User } from "../core/types";

/** The log may be seconds behind the frame of a call, so it is asked again after these pauses. */
const SOON_MILLIS = 300;
const LATER_MILLIS = [2000, 10_000];

export class Missed {
  #state: MissedCalls = { count: 0, more_than_count: false, seen_until: null };
  /** The missed calls of which a frame came, so that each is counted once. */
  readonly #known = new Set<string>();
  #request = 0;
  /** When the count was last asked for, by the page's clock. */
  #begun = Number.NEGATIVE_INFINITY;
  #timers: number[] = [];
  #marking = false;
  /** The other tabs of this user. */
  readonly #tabs: Tabs<MissedCalls>;
  readonly #unlisten: () => void;
  #stopped = false;
  /** Called with each new count. */
  onChange: () => void = () => {};

  constructor(
    readonly api: Api,
    readonly user: User,
    calls: Calls,
  ) {
    this.#tabs = new Tabs(`softphone.missed.${user.id}`, (missed) => this.#show(missed));
    for (const call of calls.all()) this.#note(call);
    this.#unlisten = calls.listen((call) => {
      if (call && this.#note(call)) this.#readAfter([SOON_MILLIS, ...LATER_MILLIS]);
    });
    void this.read();
  }

  get count() {
    return this.#state.count;
  }

  get isMore() {
    return this.#state.more_than_count;
  }

  /** Whether a call was missed, deleted or restored since it was noted. */
  #note(call: Call) {
    const isMissed = isOver(call) && mine(call, this.user.extensions) === "missed";
    const isCounted = isMissed && call.direction === "inbound" && call.deleted_at === null;
    if (isCounted === this.#known.has(call.id)) return false;
    if (isCounted) this.#known.add(call.id);
    else this.#known.delete(call.id);
    return true;
  }

  /** Reads the count several times after a connection, which may be the first one. */
  again() {
    this.#readAfter(isRecent(this.#begun) ? LATER_MILLIS : [SOON_MILLIS, ...LATER_MILLIS]);
  }

  #readAfter(pauses: number[]) {
    for (const timer of this.#timers) window.clearTimeout(timer);
    this.#timers = pauses.map((pause) => window.setTimeout(() => void this.read(), pause));
  }

  async read() {
    if (this.user.extensions.length === 0) return;
    this.#begun = performance.now();
    const request = ++this.#request;
    const missed = await this.api.ask("GET /api/calls/missed").catch(() => null);
    if (missed && request === this.#request) this.#take(missed);
  }

  /** Marks all missed calls as seen; without an answer they stay unseen. */
  async see() {
    if (this.count === 0 || this.#marking) return;
    this.#marking = true;
    const request = ++this.#request;
    try {
      const missed = await this.api.ask("POST /api/calls/missed/seen", { body: {} });
      if (request === this.#request) this.#take(missed);
    } catch {
      // the next look at the calls tries again
    } finally {
      this.#marking = false;
    }
  }

  #take(missed: MissedCalls) {
    if (this.#stopped) return; // signed out while the server answered
    this.#show(missed);
    this.#tabs.say(missed);
  }

  #show(missed: MissedCalls) {
    // a mark never moves back, so an older answer has an older one
    if (Date.parse(missed.seen_until ?? "") < Date.parse(this.#state.seen_until ?? "")) return;
    const isSame = missed.count === this.count && missed.more_than_count === this.isMore;
    this.#state = missed;
    if (!isSame) this.onChange();
  }

  stop() {
    this.#stopped = true;
    for (const timer of this.#timers) window.clearTimeout(timer);
    this.#unlisten();
    this.#tabs.stop();
  }
}
