// The requests about dead letters.

import type { Api } from "../core/client";
import type { DeadLetter } from "../core/types";

const limit = 50;

/** An empty text fits every dead letter. */
export interface LetterFilter {
  state: DeadLetter["state"] | "";
  queue: string;
  tenant: string;
}

export class DeadLetterApi {
  constructor(readonly api: Api) {}

  list(filter: LetterFilter, cursor: string | null) {
    return this.api.ask("GET /api/dead-letters", { query: { limit, ...chosen(filter), cursor } });
  }

  replay(letter: string) {
    return this.api.ask("POST /api/dead-letters/{letter}/replay", { path: { letter } });
  }

  drop(letter: string) {
    return this.api.ask("DELETE /api/dead-letters/{letter}", { path: { letter } });
  }

  /**
   * Replays the next waiting letters that died before this time, since some die again at once.
   * Repeat until none was replayed.
   */
  replayAll(filter: LetterFilter, before: string) {
    const query = { limit, ...chosen(filter), died_before: before };
    return this.api.ask("POST /api/dead-letters/replay", { query });
  }
}

function chosen({ state, queue, tenant }: LetterFilter) {
  return { state: state || null, queue: queue || null, tenant: tenant || null };
}
