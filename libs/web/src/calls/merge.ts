// Merges what the call list and the frames say about one call.

import type { Call, Comment } from "../core/types";

const TIMES = ["dialed_at", "rung_at", "connected_at", "ended_at", "reopened_at"] as const;

/**
 * Returns the newer of both states, with all comments. The evidence of a call only grows, so a
 * state that lacks some of it is older. A state from the log may lag behind the frames.
 */
export function merge(old: Call | undefined, call: Call, fromLog: boolean): Call {
  if (!old) return call;
  const stale = fromLog && lacks(call, old);
  const newest = stale
    ? { ...old, deleted_at: call.deleted_at, deleted_by: call.deleted_by }
    : call;
  const matches = fromLog && newest.matches.length === 0 ? old.matches : newest.matches;
  const matched = newest.matched || (fromLog && old.matched);
  const comments = joined(old.comments, call.comments);
  // frames do not count comments
  const count = Math.max(call.comments_count ?? countOf(old), comments.length);
  return { ...newest, matches, matched, comments, comments_count: count };
}

/** Whether `call` lacks evidence that `more` has. */
export function lacks(call: Call, more: Call) {
  return more.legs.some((leg) => {
    // by extension, because a click is first a leg of no device
    const same = call.legs.filter((other) => other.extension === leg.extension);
    // of more legs than a call shows, those that answer take the place of others
    if (same.length === 0 && !leg.answered && call.further_legs > 0) return false;
    if (same.some((other) => isAfter(other.reopened_at, leg.ended_at))) return false;
    if (same.length > 0 && same.every((other) => isAfter(leg.reopened_at, other.ended_at)))
      return true;
    return TIMES.some((time) => leg[time] !== null && same.every((other) => other[time] === null));
  });
}

function isAfter(one: string | null, other: string | null) {
  return one !== null && other !== null && Date.parse(one) > Date.parse(other);
}

/** How many comments a call has, of which the page may have the newest only. */
export function countOf(call: Call) {
  return call.comments_count ?? call.comments.length;
}

export function joined(some: Comment[], more: Comment[]) {
  const byId = new Map<string, Comment>();
  for (const comment of [...some, ...more]) {
    const known = byId.get(comment.id);
    if (!known || !isAfter(known.edited_at, comment.edited_at ?? known.at))
      byId.set(comment.id, comment);
  }
  return [...byId.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}
