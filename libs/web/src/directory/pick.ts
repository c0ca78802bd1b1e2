// Tells the server which of several records the user took for a number, so that it is first next time.

import type { Api } from "../core/client";
import type { Match, Remote } from "../core/types";

/** Whether the click opens its link: one of the right button offers a menu. */
export function isOpening({ button }: MouseEvent) {
  return button < 2;
}

/** Remembers the record. Without an answer the order stays as it is. */
export async function pickRecord(
  api: Api,
  { e164 }: Remote,
  matches: readonly Match[],
  record: string,
) {
  if (e164 === null || matches.length < 2) return;
  // one that is the user's already, and first, changes nothing
  if (matches[0]?.record === record && matches[0].picked_by.length > 0) return;
  try {
    await api.ask("POST /api/directory/picks", { body: { number: e164, record } });
  } catch {
    // opening the record is what matters
  }
}
