// Estimates the server's clock, since the clock of this computer may be wrong.

let offset = -Infinity;

/**
 * Takes a time the server sent. It was on its way for a while, so each time is a lower bound and
 * the highest is the best estimate. Old frames that are sent again thus do no harm. A monotonic
 * clock that stopped while the computer slept is corrected by the next time.
 * @param {number} serverMillis
 */
export function heardTime(serverMillis) {
  if (Number.isFinite(serverMillis)) offset = Math.max(offset, serverMillis - performance.now());
}

/** The server's time in milliseconds; this computer's until the server has sent one. */
export function now() {
  return Number.isFinite(offset) ? performance.now() + offset : Date.now();
}

/**
 * Returns the whole seconds since a time of the server, never less than 0.
 * @param {string | null} time
 */
export function secondsSince(time) {
  return time === null ? 0 : Math.max(0, Math.floor((now() - Date.parse(time)) / 1000));
}
