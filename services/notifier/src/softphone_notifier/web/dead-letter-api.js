// The requests about dead letters.
/** @import { Api } from "./api.js" */
/** @import { DeadLetter, LetterFilter, Page } from "./types.js" */

const PAGE = "50";

export class DeadLetterApi {
  /** @param {Api} api */
  constructor(api) {
    this.api = api;
  }

  /**
   * @param {LetterFilter} filter
   * @param {string | null} cursor
   * @returns {Promise<Page<DeadLetter>>}
   */
  list(filter, cursor) {
    return this.api.ask("GET", `/api/dead-letters?${query(filter, cursor && { cursor })}`);
  }

  /**
   * @param {string} id
   * @returns {Promise<DeadLetter>}
   */
  replay(id) {
    return this.api.ask("POST", `/api/dead-letters/${encodeURIComponent(id)}/replay`);
  }

  /** @param {string} id */
  drop(id) {
    return this.api.ask("DELETE", `/api/dead-letters/${encodeURIComponent(id)}`);
  }

  /**
   * Replays the next waiting letters; repeat until none was replayed.
   * @param {LetterFilter} filter
   * @param {string} before the letters that died before this time, since some die again at once
   * @returns {Promise<{ replayed: number }>}
   */
  replayAll(filter, before) {
    const died = { died_before: before };
    return this.api.ask("POST", `/api/dead-letters/replay?${query(filter, died)}`);
  }
}

/**
 * @param {LetterFilter} filter
 * @param {Record<string, string> | string | null} more
 */
function query(filter, more) {
  const said = Object.entries(filter).filter(([, value]) => value);
  return new URLSearchParams([["limit", PAGE], ...said, ...Object.entries(more || {})]);
}
