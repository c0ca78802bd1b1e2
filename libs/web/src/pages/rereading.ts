// Decides when the call list is read again without a frame that asks for it.

import { isRecent } from "../core/clock";
import type { History } from "../history/history";

/**
 * How often the list is read again. Administrators need it, because frames bring only calls of
 * their own extensions. So does a page with a running call: the frame of its end may have been lost
 * with the connection, while the log was still behind at the reading that followed.
 */
const REFRESH_MILLIS = 30_000;

/** After a resync the log may still be behind, so it is read again after these pauses. */
const REREAD_MILLIS = [2_000, 10_000, 30_000];

export class Rereading {
  #refreshed = performance.now();
  #timers: number[] = [];

  constructor(readonly list: History) {}

  /**
   * Reads now, and again after each pause unless older pages are shown. A list that was read just
   * before, as it is when a user signs in, is not read twice: the first pause is short.
   */
  async again() {
    this.stop();
    const reread = () => void (this.list.paged || this.list.read(null));
    this.#timers = REREAD_MILLIS.map((pause) => window.setTimeout(reread, pause));
    if (!isRecent(this.list.begun)) await this.list.read(null);
  }

  /** Reads if that is due, and if it disturbs nobody. */
  tick() {
    if (document.hidden || this.list.paged) return;
    if (performance.now() - this.#refreshed < REFRESH_MILLIS) return;
    this.#refreshed = performance.now();
    void this.list.read(null);
  }

  stop() {
    for (const timer of this.#timers) window.clearTimeout(timer);
  }
}
