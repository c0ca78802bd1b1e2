// Chooses the tab that shows popups and sounds: one of all tabs in which a user is signed in.

import { Tabs } from "../core/tabs";

/** The tab that is in view leads, of several the one that was used last; `at` is when. */
export interface Standing {
  tab: string;
  inView: boolean;
  at: number;
}

type Message = { type: "hello" | "here"; standing: Standing } | { type: "bye"; tab: string };

/** Whether a tab leads rather than another one. Both tabs decide the same. */
export function goesBefore(one: Standing, other: Standing) {
  if (one.inView !== other.inView) return one.inView;
  if (one.at !== other.at) return one.at > other.at;
  return one.tab > other.tab;
}

/**
 * Every tab knows all others and decides alike, so that nothing has to be agreed upon. A tab that is
 * closed says so. One that crashes loses its lock, for which the others wait; pages without TLS have
 * no locks, and there the next tab that is used leads.
 */
export class Lead {
  readonly #others = new Map<string, Standing>();
  readonly #tabs: Tabs<Message>;
  readonly #own: Standing;
  readonly #end = new AbortController();
  #leads = false;
  #release = () => {};

  constructor(
    readonly name: string,
    readonly onChange: (leads: boolean) => void,
  ) {
    this.#tabs = new Tabs(name, (message) => this.#hear(message));
    this.#own = { tab: randomName(), inView: !document.hidden, at: Date.now() };
    const { signal } = this.#end;
    window.addEventListener("focus", this.#used, { signal });
    window.addEventListener("pointerdown", this.#used, { signal, capture: true });
    document.addEventListener("visibilitychange", this.#seen, { signal });
    window.addEventListener("pagehide", this.#leave, { signal });
    window.addEventListener("pageshow", this.#seen, { signal });
    this.#decide();
    this.#live(() => this.#say("hello"));
  }

  get leads() {
    return this.#leads;
  }

  /** Holds the lock of this tab while it lives, and calls back once others can wait for the lock. */
  #live(then: () => void) {
    if (!navigator.locks) return then();
    const held = () =>
      new Promise<void>((resolve) => {
        this.#release = resolve;
        then();
      });
    this.#lock(this.#own.tab, held);
  }

  #hear(message: Message) {
    if (message.type === "bye") return this.#forget(message.tab);
    const { standing } = message;
    const isNew = !this.#others.has(standing.tab);
    this.#others.set(standing.tab, standing);
    if (message.type === "hello") this.#say("here");
    const gone = () => this.#forget(standing.tab);
    if (isNew) this.#lock(standing.tab, gone);
    this.#decide();
  }

  /** Calls back with the lock of a tab, which the tab itself has until it ends. */
  #lock(tab: string, held: () => void | Promise<void>) {
    const { signal } = this.#end;
    navigator.locks?.request(`${this.name}.${tab}`, { signal }, held).catch(() => {}); // stopped
  }

  #forget(tab: string) {
    this.#others.delete(tab);
    this.#decide();
  }

  #say(type: "hello" | "here") {
    this.#tabs.say({ type, standing: this.#own });
  }

  /** This tab is used: it leads. */
  #used = () => {
    if (this.#leads && this.#own.inView) return;
    this.#own.at = Date.now();
    this.#seen();
  };

  #seen = () => {
    this.#own.inView = !document.hidden;
    if (this.#own.inView) this.#own.at = Date.now();
    this.#say("here");
    this.#decide();
  };

  #leave = () => {
    this.#tabs.say({ type: "bye", tab: this.#own.tab });
  };

  #decide() {
    const leads = ![...this.#others.values()].some((other) => goesBefore(other, this.#own));
    if (leads === this.#leads) return;
    this.#leads = leads;
    this.onChange(leads);
  }

  stop() {
    this.#leave();
    this.#end.abort();
    this.#release();
    this.#tabs.stop();
  }
}

/** The random name of a tab; `crypto.randomUUID` would be missing on a page without TLS. */
function randomName() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}
