// Estimates the server's clock from what it sends; refuses to trust the clock of this computer.

let offset = -Infinity;

/**
 * The server said this time just now. It was on its way for a while, so every word of it is a
 * lower bound and the highest one is the best: old replayed frames do no harm, and a monotonic
 * clock that stood still while the computer slept is put right by the next word.
 * @param {number} serverMillis
 */
export function heardTime(serverMillis) {
  if (Number.isFinite(serverMillis)) offset = Math.max(offset, serverMillis - performance.now());
}

/** The server's time now in milliseconds, this computer's while the server has said nothing. */
export function now() {
  return Number.isFinite(offset) ? performance.now() + offset : Date.now();
}

/**
 * Whole seconds since a server time, never negative.
 * @param {string | null} time
 */
export function secondsSince(time) {
  return time === null ? 0 : Math.max(0, Math.floor((now() - Date.parse(time)) / 1000));
}
