// Remembers the popups that a user closed, in all tabs and after a reload.

import { PREFIX, recall, remember } from "../core/storage";

const MOST = 200;

/** The keys of closed popups; `onChange` is called when another tab has closed one. */
export class ClosedPopups {
  #keys: Set<string>;
  readonly #end = new AbortController();

  constructor(
    readonly user: string,
    onChange: () => void,
  ) {
    this.#keys = this.#stored();
    const changed = ({ key }: StorageEvent) => {
      if (key !== PREFIX + this.#key) return;
      this.#keys = this.#stored();
      onChange();
    };
    window.addEventListener("storage", changed, { signal: this.#end.signal });
  }

  get #key() {
    return `closed.${this.user}`;
  }

  #stored() {
    try {
      const keys: unknown = JSON.parse(recall(this.#key) ?? "[]");
      return new Set(Array.isArray(keys) ? keys.map(String) : []);
    } catch {
      return new Set<string>();
    }
  }

  has(key: string) {
    return this.#keys.has(key);
  }

  /** Without storage the popups are closed in this tab only, until it is loaded again. */
  add(...keys: string[]) {
    this.#keys = new Set([...this.#keys, ...this.#stored(), ...keys]);
    remember(this.#key, JSON.stringify([...this.#keys].slice(-MOST)));
  }

  stop() {
    this.#end.abort();
  }
}
