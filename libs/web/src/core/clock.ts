// Estimates the server's clock, since the clock of this computer may be wrong.

let offset = -Infinity;

const RECENT_MILLIS = 2_000;

/**
 * Takes a time the server sent. It was on its way for a while, so each time is a lower bound and
 * the highest is the best estimate. Old frames that are sent again thus do no harm. A monotonic
 * clock that stopped while the computer slept is corrected by the next time.
 */
export function heardTime(serverMillis: number) {
  if (Number.isFinite(serverMillis)) offset = Math.max(offset, serverMillis - performance.now());
}

/** The server's time in milliseconds; this computer's until the server has sent one. */
export function now() {
  return Number.isFinite(offset) ? performance.now() + offset : Date.now();
}

/** Returns the whole seconds since a time of the server, never less than 0. */
export function secondsSince(time: string | null) {
  return time === null ? 0 : Math.max(0, Math.floor((now() - Date.parse(time)) / 1000));
}

/**
 * Whether something was begun, at a time of `performance.now()`, only just. A page reads when it is
 * drawn and again when its socket is there; what it has just read is not read twice at once.
 */
export function isRecent(begun: number) {
  return performance.now() - begun < RECENT_MILLIS;
}
