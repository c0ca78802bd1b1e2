// Notices that a connection is dead although no side has closed it.

const CHECK_MILLIS = 1000;
const JUMP_MILLIS = 5000;

/** A wall clock may be set, and a monotonic one may stop while the computer sleeps. */
function clocks() {
  return { wall: Date.now(), steady: performance.now() };
}

/** Calls `onSilence` if nothing was heard for two of the server's intervals. */
export class Watchdog {
  #limit = 0;
  #timer = 0;
  #heard = clocks();

  constructor(readonly onSilence: () => void) {}

  /** Watches, with the seconds of one interval; a server of 0.1.0 names none. */
  start(seconds: number | undefined) {
    this.stop();
    this.heard();
    this.#limit = 2000 * (seconds ?? 0);
    if (this.#limit) this.#timer = window.setInterval(() => this.#check(), CHECK_MILLIS);
  }

  stop() {
    window.clearInterval(this.#timer);
  }

  /** Starts the silence anew, with each frame. */
  heard() {
    this.#heard = clocks();
  }

  /** Whether the computer slept, or its clock was set, since the last frame. */
  jumped() {
    const { wall, steady } = clocks();
    const apart = wall - this.#heard.wall - (steady - this.#heard.steady);
    if (Math.abs(apart) > JUMP_MILLIS) return true;
    return this.#limit > 0 && this.#silence() > this.#limit / 2 + JUMP_MILLIS;
  }

  #silence() {
    const { wall, steady } = clocks();
    return Math.max(wall - this.#heard.wall, steady - this.#heard.steady);
  }

  #check() {
    if (this.#silence() > this.#limit) this.onSilence();
  }
}
