// Reads calls again of which a frame knew less than this page.

import type { Call } from "../core/types";
import type { CallApi } from "./call-api";
import { lacks } from "./merge";
import type { Calls } from "./store";

/** Pauses before the log is read, since it may be behind or away; then the frame is shown. */
const PAUSES = [0, 500, 2000, 8000];
/** Pauses before it is read again for a page that still shows the state of a frame. */
const LATE_PAUSES = [30_000, 60_000, 120_000];

/**
 * Reads each doubtful call from the log, and takes the frame's state if the log lacks the call.
 * Returns a function that ends all this, for the end of a session.
 */
export function settleDoubts(calls: Calls, api: CallApi) {
  let stopped = false;
  /** The last doubtful frame of each call. */
  const doubts: Map<string, Call> = new Map();

  /** Whether the log has all of the frame and of what the page has learnt meanwhile. */
  async function settled(id: string, pause: number) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (stopped) return true;
    const logged = await api.call(id).catch(() => null);
    const frame = doubts.get(id);
    const shown = calls.get(id);
    if (!logged || (frame && lacks(logged, frame)) || (shown && lacks(logged, shown))) return false;
    doubts.delete(id);
    calls.settle(logged, true);
    return true;
  }

  async function settle(id: string) {
    for (const pause of PAUSES) if (await settled(id, pause)) return;
    const frame = doubts.get(id);
    const shown = calls.get(id);
    doubts.delete(id);
    // a later frame may have brought everything meanwhile
    if (frame && (!shown || lacks(shown, frame))) calls.settle(frame);
    for (const pause of LATE_PAUSES) if (doubts.has(id) || (await settled(id, pause))) return;
  }

  calls.onDoubt = (call) => {
    const asked = doubts.has(call.id);
    doubts.set(call.id, call);
    if (!asked) void settle(call.id);
  };
  return () => void (stopped = true);
}
