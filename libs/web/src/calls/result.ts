// How a call went for its reader, in the list of calls.

import { now } from "../core/clock";
import type { Call, Phase, Result } from "../core/types";

export const RESULTS: readonly Result[] = [
  "missed",
  "answered",
  "answered_elsewhere",
  "unanswered",
  "running",
  "no_end_signal",
];

/** A running call is shown by its phase. */
export type Shown = Exclude<Result, "running"> | Phase;

/** Time without an event after which a call cannot be running any more, as the server decides. */
const SILENT_MILLIS = { connected: 12 * 3_600_000, waiting: 15 * 60_000 };

/** The result of a call now, for a reader with these extensions. */
export function resultOf(call: Call, own: readonly string[]): Result {
  if (call.outcome === null) return hasNoEndSignal(call) ? "no_end_signal" : "running";
  if (call.outcome !== "answered" || call.direction === "outbound") return call.outcome;
  const hasPart = call.legs.some((leg) => own.includes(leg.extension));
  const answerers = call.legs.filter((leg) => leg.answered && leg.extension !== "");
  const isForeign = answerers.length > 0 && !answerers.some((leg) => own.includes(leg.extension));
  return hasPart && isForeign ? "answered_elsewhere" : "answered";
}

/** Whether a running call was silent for so long that the signal of its end must have got lost. */
export function hasNoEndSignal(call: Call) {
  if (call.outcome !== null) return false;
  const limit = call.phase === "connected" ? SILENT_MILLIS.connected : SILENT_MILLIS.waiting;
  return now() - lastEventOf(call) > limit;
}

export function shownState(call: Call, own: readonly string[]): Shown {
  const result = resultOf(call, own);
  return result === "running" ? call.phase : result;
}

function lastEventOf(call: Call) {
  const times = [call, ...call.legs].flatMap((each) => [
    each.dialed_at,
    each.rung_at,
    each.connected_at,
    each.ended_at,
  ]);
  const reopened = call.legs.map((leg) => leg.reopened_at);
  const known = [call.started_at, ...times, ...reopened].filter((time) => time !== null);
  return Math.max(...known.map((time) => Date.parse(time)));
}
