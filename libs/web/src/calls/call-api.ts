// The requests about calls and their comments.

import type { Api } from "../core/client";
import type { Comment, Direction, Result } from "../core/types";
import { type Filter, isSearchable } from "./filter";

const limit = 50;

export class CallApi {
  constructor(readonly api: Api) {}

  /** A page of the list; the first one is counted. */
  list(filter: Filter, cursor: string | null) {
    const query = {
      q: isSearchable(filter.q) ? filter.q : null,
      user: filter.user || null,
      extension: filter.extension.trim() || null,
      result: filter.result ? [filter.result as Result] : undefined,
      direction: filter.direction ? (filter.direction as Direction) : null,
      mine: filter.mine !== "",
      from: filter.from || undefined,
      to: filter.to || undefined,
    };
    return this.api.ask("GET /api/calls", {
      query: { limit, count: cursor === null, ...query, cursor },
    });
  }

  call(call: string) {
    return this.api.ask("GET /api/calls/{call}", { path: { call } });
  }

  /** The reports of each phone about a call, earliest first. */
  timeline(call: string) {
    return this.api.ask("GET /api/calls/{call}/timeline", { path: { call } });
  }

  /** Moves a call to the recycle bin. */
  remove(call: string) {
    return this.api.ask("DELETE /api/calls/{call}", { path: { call } });
  }

  /** Takes a call out of the recycle bin. */
  restore(call: string) {
    return this.api.ask("POST /api/recycle-bin/{call}/restore", { path: { call } });
  }

  /** Comments of a call, newest first. */
  comments(call: string, cursor: string | null) {
    return this.api.ask("GET /api/calls/{call}/comments", {
      path: { call },
      query: { limit, cursor },
    });
  }

  comment(call: string, text: string, record: string | null) {
    return this.api.ask("POST /api/calls/{call}/comments", {
      path: { call },
      body: { text, record },
    });
  }

  editComment({ call, id }: Comment, text: string) {
    const path = { call, comment: id };
    return this.api.ask("PATCH /api/calls/{call}/comments/{comment}", { path, body: { text } });
  }

  /** Moves a comment to the recycle bin. */
  removeComment({ call, id }: Comment) {
    const path = { call, comment: id };
    return this.api.ask("DELETE /api/calls/{call}/comments/{comment}", { path });
  }

  /** A page of the comments in the recycle bin. */
  deletedComments(cursor: string | null) {
    return this.api.ask("GET /api/recycle-bin/comments", { query: { limit, cursor } });
  }

  /** Takes a comment out of the recycle bin. */
  restoreComment({ id }: Comment) {
    const path = { comment: id };
    return this.api.ask("POST /api/recycle-bin/comments/{comment}/restore", { path });
  }

  /** Asks for a call; the idempotency key is equal for both clicks of a double click. */
  dial(number: string, extension: string | null, key: string) {
    const body = extension === null ? { number } : { number, extension };
    return this.api.ask("POST /api/dial", { body }, key);
  }
}
