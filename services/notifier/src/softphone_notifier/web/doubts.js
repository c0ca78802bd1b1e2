// Reads calls again of which a frame knew less than this page.
/** @import { Api } from "./api.js" */
/** @import { Call } from "./types.js" */

import { Calls, lacks } from "./calls.js";

/** Pauses between attempts, since the log may be behind or away. */
const PAUSES = [0, 500, 2000, 8000];

/**
 * Reads each doubtful call from the log, and takes the frame's state if the log lacks the call.
 * @param {Calls} calls
 * @param {Api} api
 */
export function settleDoubts(calls, api) {
  /** The last doubtful frame of each call. @type {Map<string, Call>} */
  const doubts = new Map();

  /** @param {string} id */
  async function settle(id) {
    for (const pause of PAUSES) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const logged = await api.call(id).catch(() => null);
      const frame = doubts.get(id);
      if (!logged || !frame || lacks(logged, frame)) continue;
      doubts.delete(id);
      return calls.settle(logged);
    }
    const frame = doubts.get(id);
    doubts.delete(id);
    if (frame) calls.settle(frame);
  }

  calls.onDoubt = (call) => {
    const asked = doubts.has(call.id);
    doubts.set(call.id, call);
    if (!asked) void settle(call.id);
  };
}
