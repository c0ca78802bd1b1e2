// Formats times, durations and numbers for people.
/** @import { Call, Match, Mine, Remote } from "./types.js" */

import { now, secondsSince } from "./clock.js";
import { language, t } from "./messages.js";

/** A click waits two minutes for its phone; a phone rings for ten minutes at most. */
const LONGEST_WAIT_SECONDS = { dialed: 120, ringing: 600 };

/**
 * Formats seconds as `m:ss`, from an hour on as `h:mm:ss`.
 * @param {number} seconds
 */
export function duration(seconds) {
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(Math.floor(seconds % 60));
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/**
 * Formats a time of today or yesterday without its date.
 * @param {string} time
 */
export function when(time) {
  const [at, today] = [new Date(time), new Date(now())];
  const hour = at.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === today.toDateString()) return t("when.today", { time: hour });
  today.setDate(today.getDate() - 1);
  if (at.toDateString() === today.toDateString()) return t("when.yesterday", { time: hour });
  const year = at.getFullYear() === today.getFullYear() ? undefined : "numeric";
  const day = at.toLocaleDateString(language(), { day: "2-digit", month: "2-digit", year });
  return `${day} ${hour}`;
}

/** @param {Remote} remote */
export function numberText(remote) {
  if (remote.kind === "anonymous") return t("number.anonymous");
  const number = remote.display || remote.raw || t("number.anonymous");
  return remote.ext ? t("number.extension", { number, ext: remote.ext }) : number;
}

/**
 * Returns the number to dial, or null if it cannot be dialled.
 * @param {Remote} remote
 */
export function dialable(remote) {
  if (remote.kind === "anonymous" || remote.kind === "invalid") return null;
  const number = remote.e164 || remote.display;
  // the server reads digits behind commas as dialled after the answer
  return number && remote.ext ? `${number},,${remote.ext}` : number || null;
}

/**
 * Returns the first name and how many more there are, for a list.
 * @param {Call} call
 */
export function who(call) {
  return { name: call.matches[0]?.name || call.name, others: Math.max(0, call.matches.length - 1) };
}

/** @param {Match["type"]} type */
export function typeText(type) {
  return t(`type.${type}`);
}

/** @param {Call} call */
export function isOver(call) {
  return call.phase === "ended" || call.phase === "missed";
}

/**
 * Returns what the call means to a user with these extensions.
 * @param {Call} call
 * @param {string[]} extensions
 * @returns {Mine}
 */
export function mine(call, extensions) {
  const foreign = call.answered_by !== null && !extensions.includes(call.answered_by);
  const legs = call.legs.filter((leg) => extensions.includes(leg.extension));
  if (isOver(call)) {
    return foreign && !legs.some((leg) => leg.answered) ? "elsewhere" : call.phase;
  }
  if (call.phase !== "connected" || legs.length === 0) return call.phase;
  if (legs.some((leg) => leg.answered && leg.ended_at === null)) return "connected";
  if (legs.some((leg) => leg.answered)) return "ended"; // handed on to a colleague
  if (legs.some((leg) => leg.transferred && leg.ended_at === null)) return "ringing";
  return call.answered_by === null ? "connected" : "elsewhere"; // the phone did not report who answered
}

/**
 * Whether the call has had no event for so long that it must be over: many phones report that they
 * ring, but never that they stopped.
 * @param {Call} call
 */
export function fellSilent(call) {
  if (call.phase !== "dialed" && call.phase !== "ringing") return false;
  return secondsSince(call.rung_at ?? call.dialed_at) > LONGEST_WAIT_SECONDS[call.phase];
}

/**
 * Returns the seconds a call rang or has been ringing, or null if it never rang.
 * @param {Call} call
 */
export function ringSeconds(call) {
  if (call.ring_seconds !== null) return call.ring_seconds;
  const begun = call.rung_at ?? call.dialed_at;
  const running = begun !== null && call.phase === "ringing" && !fellSilent(call);
  return running ? secondsSince(begun) : null;
}

/**
 * Returns the seconds of talk so far, or null before an answer.
 * @param {Call} call
 */
export function talkSeconds(call) {
  if (isOver(call)) return call.talk_seconds;
  return call.phase === "connected" ? secondsSince(call.connected_at) : null;
}
