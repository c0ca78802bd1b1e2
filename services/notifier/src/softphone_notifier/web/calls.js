// The calls this page knows of, put together from list and frames; shows nothing, asks nobody.
/** @import { Call, Comment, Filter, Frame, Page, TrashFrame } from "./types.js" */

/** @type {Filter} */
export const NO_FILTER = { phase: "", direction: "", number: "" };

/** So long the log may lag behind the frames; later its word on what is listed holds. */
const LAG_MILLIS = 60_000;

const TIMES = /** @type {const} */ (["dialed_at", "rung_at", "connected_at", "ended_at"]);

/** Tells its listeners which call changed (null: the list as a whole). */
export class Calls {
  /** @type {Map<string, Call>} */
  #known = new Map();
  /** @type {Set<string>} */
  #listed = new Set();
  /** When a frame last told of a call. @type {Map<string, number>} */
  #told = new Map();
  /** @type {Set<(call: Call | null) => void>} */
  #listeners = new Set();
  /** @type {string | null} */
  next = null;
  filter = NO_FILTER;
  /** Somebody else must find out about a call. @type {(call: Call) => void} */
  onDoubt = (call) => this.settle(call);
  loaded = false;

  /** @param {(call: Call | null) => void} listener */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {Call | null} call */
  #tell(call) {
    for (const listener of this.#listeners) listener(call);
  }

  /** @param {string} id */
  get(id) {
    return this.#known.get(id);
  }

  /** The list as it is shown, newest first. */
  list() {
    const calls = [...this.#listed].flatMap((id) => this.#known.get(id) ?? []);
    return calls.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
  }

  /** Every call known, listed or not. */
  all() {
    return [...this.#known.values()];
  }

  /**
   * A page of the list was read; the first page replaces the list.
   * @param {Page<Call>} page
   * @param {boolean} first
   */
  read(page, first) {
    if (first) this.#listed.clear();
    for (const call of page.items) {
      this.#known.set(call.id, merge(this.#known.get(call.id), call, true));
      this.#listed.add(call.id);
    }
    if (first) this.#listRecent(page);
    this.next = page.next;
    this.loaded = true;
    this.#tell(null);
  }

  /**
   * Lists what frames told while the page was on its way, or what the log has not yet written.
   * @param {Page<Call>} page
   */
  #listRecent(page) {
    for (const [id, at] of this.#told) {
      const call = this.#known.get(id);
      if (Date.now() - at > LAG_MILLIS) this.#told.delete(id);
      else if (call && isRecent(call, page)) this.#list(call);
    }
  }

  /**
   * What a frame told. A notifier that was started again in the middle of a call knows only the
   * rest of it: what lacks something known here waits for the log's word.
   * @param {Call} call
   */
  put(call) {
    const old = this.#known.get(call.id);
    if (old && lacks(call, old)) this.onDoubt(call);
    else this.settle(call);
  }

  /** @param {Call} call */
  settle(call) {
    const merged = merge(this.#known.get(call.id), call, false);
    this.#known.set(call.id, merged);
    this.#told.set(call.id, Date.now());
    this.#list(merged);
    this.#tell(merged);
  }

  /** @param {Call} call */
  #list(call) {
    if (fits(call, this.filter)) this.#listed.add(call.id);
    else this.#listed.delete(call.id);
  }

  /** @param {Comment} comment */
  addComment(comment) {
    const call = this.#known.get(comment.call);
    if (!call) return;
    const changed = { ...call, comments: joined(call.comments, [comment]) };
    this.#known.set(call.id, changed);
    this.#tell(changed);
  }

  /** @param {TrashFrame} frame */
  trash(frame) {
    const call = this.#known.get(frame.call_id);
    if (!call) return;
    const changed = { ...call, deleted_at: frame.deleted_at, deleted_by: frame.deleted_by };
    this.#known.set(call.id, changed);
    this.#list(changed);
    this.#tell(changed);
  }

  /** @param {Frame} frame */
  take(frame) {
    if (frame.type === "welcome") for (const call of frame.calls) this.put(call);
    else if (frame.type === "call") this.put(frame.call);
    else if (frame.type === "comment") this.addComment(frame.comment);
    else if (frame.type === "trash") this.trash(frame);
  }
}

/**
 * The newer of both states, with all comments. Evidence of a call only ever grows, so a list that
 * lacks some of what is known here was written before.
 * @param {Call | undefined} old
 * @param {Call} call
 * @param {boolean} fromLog the list may lag behind the frames
 * @returns {Call}
 */
function merge(old, call, fromLog) {
  if (!old) return call;
  const stale = fromLog && lacks(call, old);
  const newest = stale
    ? { ...old, deleted_at: call.deleted_at, deleted_by: call.deleted_by }
    : call;
  const matches = fromLog && newest.matches.length === 0 ? old.matches : newest.matches;
  return { ...newest, matches, comments: joined(old.comments, call.comments) };
}

/**
 * Whether some evidence of `more` is missing in `call`.
 * @param {Call} call
 * @param {Call} more
 */
export function lacks(call, more) {
  const legs = new Map(call.legs.map((leg) => [leg.extension, leg]));
  return more.legs.some((leg) => {
    const same = legs.get(leg.extension);
    return TIMES.some((time) => leg[time] !== null && (same?.[time] ?? null) === null);
  });
}

/**
 * @param {Comment[]} some
 * @param {Comment[]} more
 */
function joined(some, more) {
  const byId = new Map([...some, ...more].map((comment) => [comment.id, comment]));
  return [...byId.values()].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/**
 * Whether a call not on the first page belongs to its time span.
 * @param {Call} call
 * @param {Page<Call>} page
 */
function isRecent(call, page) {
  const last = page.items.at(-1);
  return page.next === null || !last || Date.parse(call.started_at) >= Date.parse(last.started_at);
}

/**
 * @param {Call} call
 * @param {Filter} filter
 */
function fits(call, filter) {
  if (call.deleted_at !== null) return false;
  if (filter.phase && call.phase !== filter.phase) return false;
  if (filter.direction && call.direction !== filter.direction) return false;
  if (!filter.number.trim()) return true;
  // the server reads any spelling of the whole number; its end says as much here
  const digits = filter.number.replace(/\D/g, "").replace(/^0+/, "");
  const numbers = [call.remote.e164 ?? "", call.remote.raw.replace(/\D/g, "")];
  return digits !== "" && numbers.some((number) => number.endsWith(digits));
}
