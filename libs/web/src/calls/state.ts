// The state of a call for its user, and how long the call has been in it.

import { secondsSince } from "../core/clock";
import type { Call } from "../core/types";

/** The state of a call for this user; `elsewhere` means that a colleague answered. */
export type Mine = "dialed" | "ringing" | "connected" | "elsewhere" | "ended" | "missed";

/** A click waits two minutes for its phone; a phone rings for ten minutes at most. */
const LONGEST_WAIT_SECONDS = { dialed: 120, ringing: 600 };

export function isOver(call: Call) {
  return call.phase === "ended" || call.phase === "missed";
}

/** Returns what the call means to a user with these extensions. */
export function mine(call: Call, extensions: string[]): Mine {
  const foreign = call.answered_by !== null && !extensions.includes(call.answered_by);
  const legs = call.legs.filter((leg) => extensions.includes(leg.extension));
  if (isOver(call)) {
    return foreign && !legs.some((leg) => leg.answered) ? "elsewhere" : call.phase;
  }
  if (call.phase !== "connected") {
    const gaveUp = legs.length > 0 && legs.every((leg) => leg.ended_at !== null);
    return gaveUp ? "missed" : call.phase; // while others still ring
  }
  if (legs.length === 0) return call.phase;
  if (legs.some((leg) => leg.answered && leg.ended_at === null)) return "connected";
  if (legs.some((leg) => leg.answered)) return "ended"; // handed on to a colleague
  if (legs.some((leg) => leg.transferred && leg.ended_at === null)) return "ringing";
  return call.answered_by === null ? "connected" : "elsewhere"; // the phone did not report who answered
}

/**
 * Whether the call has had no event for so long that it must be over: many phones report that they
 * ring, but never that they stopped.
 */
export function fellSilent(call: Call) {
  if (call.phase !== "dialed" && call.phase !== "ringing") return false;
  const begun = rangAgainAt(call) ?? call.rung_at ?? call.dialed_at;
  return secondsSince(begun) > LONGEST_WAIT_SECONDS[call.phase];
}

/**
 * Returns when a desk last rang again after it had stopped, as in a queue, or null.
 * With `extensions` only the desks at these count.
 */
export function rangAgainAt(call: Call, extensions: string[] | null = null) {
  const legs = call.legs.filter((leg) => extensions?.includes(leg.extension) ?? true);
  const times = legs.map((leg) => leg.reopened_at).filter((time) => time !== null);
  return times.sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1) ?? null;
}

/** Returns the seconds a call rang or has been ringing, or null if it never rang. */
export function ringSeconds(call: Call) {
  if (call.ring_seconds !== null) return call.ring_seconds;
  const begun = call.rung_at ?? call.dialed_at;
  const running = begun !== null && call.phase === "ringing" && !fellSilent(call);
  return running ? secondsSince(begun) : null;
}

/** Returns the seconds of talk so far, or null before an answer. */
export function talkSeconds(call: Call) {
  if (isOver(call)) return call.talk_seconds;
  return call.phase === "connected" ? secondsSince(call.connected_at) : null;
}
