// The calls this page knows, merged from the call list and from frames.

import type { Call, CallPage, CallUser, Comment, Frame, TrashFrame } from "../core/types";
import { fits, NO_FILTER, type Reader } from "./filter";
import { countOf, joined, lacks, merge } from "./merge";

/** How long the log may lag behind the frames; after that the list is as the log has it. */
const LAG_MILLIS = 60_000;

/** Calls its listeners with the call that changed, or null if the whole list did. */
export class Calls {
  #known: Map<string, Call> = new Map();
  #listed: Set<string> = new Set();
  /** When the last frame about each call came. */
  #heardAt: Map<string, number> = new Map();
  /** Calls that were deleted, with the time; a page that was asked for before still has them. */
  #trashed: Map<string, { at: number; frame: TrashFrame }> = new Map();
  /** The ids of deleted comments, which a page that was asked for before still has. */
  #removed: Set<string> = new Set();
  #listeners: Set<(call: Call | null) => void> = new Set();
  /** The users of each extension that calls of the log have named. */
  #people: Map<string, CallUser[]> = new Map();
  next: string | null = null;
  filter = NO_FILTER;
  /** How many calls fit the filter; null until they were counted. */
  total: number | null = null;
  moreThanTotal = false;
  /** Characters that the server takes of a comment; without a limit until a page was read. */
  commentMax = Number.POSITIVE_INFINITY;
  readonly reader: Reader & { own: readonly string[] } = {
    own: [],
    usersAt: (extension) => this.#people.get(extension) ?? [],
  };
  /** Called for a call that must be read from the log. */
  onDoubt: (call: Call) => void = (call) => this.settle(call);
  loaded = false;

  listen(listener: (call: Call | null) => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(call: Call | null) {
    for (const listener of this.#listeners) listener(call);
  }

  get(id: string) {
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

  /** Adds a page of the list; the first page replaces the list. */
  read(page: CallPage, first: boolean) {
    if (first) {
      this.#listed.clear();
      this.total = page.total ?? null;
      this.moreThanTotal = page.more_than_total ?? false;
    }
    for (const call of page.items) {
      this.#learn(call);
      const merged = this.#withDeletion(
        merge(this.#known.get(call.id), this.#withoutRemoved(call), true),
      );
      this.#known.set(call.id, merged);
      if (merged.deleted_at === null) this.#listed.add(call.id);
    }
    if (first) this.#listRecent(page);
    this.next = page.next;
    this.commentMax = page.comment_max ?? this.commentMax;
    this.loaded = true;
    this.#tell(null);
  }

  #withDeletion(call: Call): Call {
    const trashed = this.#trashed.get(call.id);
    if (!trashed || Date.now() - trashed.at > LAG_MILLIS) return call;
    const { deleted_at, deleted_by } = trashed.frame;
    return { ...call, deleted_at, deleted_by };
  }

  /**
   * Lists calls whose frames came while the page was being read, or that the log has not
   * written yet.
   */
  #listRecent(page: CallPage) {
    for (const [id, at] of this.#heardAt) {
      const call = this.#known.get(id);
      if (Date.now() - at > LAG_MILLIS) this.#heardAt.delete(id);
      else if (call && isRecent(call, page)) this.#list(call);
    }
  }

  /**
   * Takes the call of a frame. A notifier that was restarted during a call knows only the rest of
   * the call. A frame that lacks evidence known here is therefore checked against the log.
   */
  put(call: Call) {
    const old = this.#known.get(call.id);
    if (old && lacks(call, old)) this.onDoubt(call);
    else this.settle(call);
  }

  settle(call: Call, fromLog: boolean = false) {
    if (fromLog) this.#learn(call);
    const merged = merge(this.#known.get(call.id), this.#withoutRemoved(call), fromLog);
    this.#known.set(call.id, merged);
    this.#heardAt.set(call.id, Date.now());
    this.#list(merged);
    this.#tell(merged);
  }

  #list(call: Call) {
    const before = this.#listed.size;
    if (fits(call, this.filter, this.reader)) this.#listed.add(call.id);
    else this.#listed.delete(call.id);
    if (this.total !== null) this.total += this.#listed.size - before;
  }

  #learn({ users, legs }: Call) {
    for (const { extension } of legs) {
      const here = users.filter((user) => user.extension === extension);
      if (here.length > 0) this.#people.set(extension, here);
    }
  }

  /** Takes a comment that was saved or changed; a frame also says that one was deleted. */
  addComment(comment: Comment) {
    if (comment.deleted_at) return this.removeComment(comment);
    const call = this.#known.get(comment.call);
    this.#removed.delete(comment.id);
    if (!call) return;
    const isNew = call.comments.every((known) => known.id !== comment.id);
    const changed = {
      ...call,
      comments: joined(call.comments, [comment]),
      comments_count: countOf(call) + (isNew ? 1 : 0),
    };
    this.#known.set(call.id, changed);
    this.#tell(changed);
  }

  /** A page of the log that was read before does not bring the comment back. */
  removeComment({ id, call: callId }: Comment) {
    const isNew = !this.#removed.has(id);
    this.#removed.add(id);
    const call = this.#known.get(callId);
    if (!call) return;
    const comments = call.comments.filter((comment) => comment.id !== id);
    const count = countOf(call) - (isNew ? 1 : 0);
    const changed = { ...call, comments, comments_count: Math.max(count, comments.length) };
    this.#known.set(callId, changed);
    this.#tell(changed);
  }

  #withoutRemoved(call: Call): Call {
    const comments = call.comments.filter(({ id }) => !this.#removed.has(id));
    return comments.length === call.comments.length ? call : { ...call, comments };
  }

  /** Takes comments of a call that were saved before those the page has. */
  addOlderComments(id: string, comments: Comment[]) {
    const call = this.#known.get(id);
    if (!call) return;
    const all = joined(call.comments, comments);
    const changed = { ...call, comments: all, comments_count: Math.max(countOf(call), all.length) };
    this.#known.set(id, changed);
    this.#tell(changed);
  }

  trash(frame: TrashFrame) {
    if (frame.deleted_at === null) this.#trashed.delete(frame.call_id);
    else this.#trashed.set(frame.call_id, { at: Date.now(), frame });
    const call = this.#known.get(frame.call_id);
    if (!call) return;
    const changed = { ...call, deleted_at: frame.deleted_at, deleted_by: frame.deleted_by };
    this.#known.set(call.id, changed);
    this.#list(changed);
    this.#tell(changed);
  }

  /** Takes a call that was taken out of the recycle bin. */
  restored(call: Call) {
    this.#trashed.delete(call.id);
    this.settle(call, true);
  }

  take(frame: Frame) {
    if (frame.type === "welcome") for (const call of frame.calls) this.put(call);
    else if (frame.type === "call") this.put(frame.call);
    else if (frame.type === "comment") this.addComment(frame.comment);
    else if (frame.type === "trash") this.trash(frame);
  }
}

/** Whether a call that is not on the first page belongs into its time span. */
function isRecent(call: Call, page: CallPage) {
  const last = page.items.at(-1);
  return page.next === null || !last || Date.parse(call.started_at) >= Date.parse(last.started_at);
}
