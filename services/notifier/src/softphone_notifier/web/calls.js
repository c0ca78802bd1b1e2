// The calls this page knows, merged from the call list and from frames.
/** @import { Call, Comment, Filter, Frame, Page, TrashFrame } from "./types.js" */

/** @type {Filter} */
export const NO_FILTER = { phase: "", direction: "", number: "" };

/** How long the log may lag behind the frames; after that the list is as the log has it. */
const LAG_MILLIS = 60_000;

const TIMES = /** @type {const} */ (["dialed_at", "rung_at", "connected_at", "ended_at"]);

/** Calls its listeners with the call that changed, or null if the whole list did. */
export class Calls {
  /** @type {Map<string, Call>} */
  #known = new Map();
  /** @type {Set<string>} */
  #listed = new Set();
  /** When the last frame about each call came. @type {Map<string, number>} */
  #told = new Map();
  /** @type {Set<(call: Call | null) => void>} */
  #listeners = new Set();
  /** @type {string | null} */
  next = null;
  filter = NO_FILTER;
  /** Called for a call that must be read from the log. @type {(call: Call) => void} */
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

  /** The calls of the list, newest first. */
  list() {
    const calls = [...this.#listed].flatMap((id) => this.#known.get(id) ?? []);
    return calls.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
  }

  /** All calls this page knows, listed or not. */
  all() {
    return [...this.#known.values()];
  }

  /**
   * Adds a page of the list; the first page replaces the list.
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
   * Lists calls whose frames came while the page was being read, or that the log has not
   * written yet.
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
   * Takes the call of a frame. A notifier that was restarted during a call knows only the rest of
   * the call. A frame that lacks evidence known here is therefore checked against the log.
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
 * Returns the newer of both states, with all comments. The evidence of a call only grows, so a
 * list that lacks some of it is older.
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
 * Whether `call` lacks evidence that `more` has.
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
 * Whether a call that is not on the first page belongs into its time span.
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
  // the server normalises the whole number; here comparing its end is enough
  const digits = filter.number.replace(/\D/g, "").replace(/^0+/, "");
  const numbers = [call.remote.e164 ?? "", call.remote.raw.replace(/\D/g, "")];
  return digits !== "" && numbers.some((number) => number.endsWith(digits));
}
