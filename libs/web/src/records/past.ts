// The last calls of a record, and the comments about it.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { callEntry } from "../card/past";
import { now } from "../core/clock";
import { address } from "../core/place";
import type { Call, Comment, DirectoryRecord } from "../core/types";
import { strangerLines } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../ui/card";

/** Calls and comments that are shown. */
const SHOWN = 10;

/** Calls follow a changed record within seconds, so they are read again after these times. */
const FOLLOWING_MILLIS = [1000, 3000, 6000];
const JUST_CHANGED_MILLIS = 15_000;

/** The items that were read, or why reading failed. */
interface Part<T> {
  items: T[];
  failure: string;
}

export class RecordPast {
  #calls: Part<Call> | null = null;
  #comments: Part<Comment> | null = null;
  #request = 0;
  #timers: number[] = [];

  /** `onRead` is called when an answer has come. */
  constructor(
    readonly context: Context,
    readonly onRead: () => void,
  ) {}

  async read(record: DirectoryRecord) {
    this.stop();
    if (!(await this.#readOnce(record.id))) return;
    if (now() - Date.parse(record.changed_at) > JUST_CHANGED_MILLIS) return;
    const again = () => void this.#readOnce(record.id);
    this.#timers = FOLLOWING_MILLIS.map((millis) => window.setTimeout(again, millis));
  }

  stop() {
    for (const timer of this.#timers) window.clearTimeout(timer);
    this.#timers = [];
    this.#request++;
  }

  /** False if another request began meanwhile, or the page was left. */
  async #readOnce(record: string) {
    const request = ++this.#request;
    const { api } = this.context;
    const query = { record, limit: SHOWN };
    const [calls, comments] = await Promise.all([
      partOf(api.ask("GET /api/calls", { query }).then(({ items }) => items)),
      partOf(api.ask("GET /api/comments", { query }).then(({ items }) => items)),
    ]);
    if (request !== this.#request) return false;
    this.#calls = calls;
    this.#comments = comments;
    this.onRead();
    return true;
  }

  render(): TemplateResult | typeof nothing {
    if (this.#calls === null || this.#comments === null) return nothing;
    const own = this.context.user.extensions;
    const calls = html`<ul class="past-list">${this.#calls.items.map((call) => callEntry(call, own, address("calls", call.id)))}</ul>`;
    const comments = html`<ul class="record-comments">${this.#comments.items.map(commentItem)}</ul>`;
    return html`<div class="record-past">
      <sc-card
        .heading=${t("record.calls")}
        .content=${content(this.#calls, calls, t("record.noCalls"))}
        data-testid="record-calls"
      ></sc-card>
      <sc-card
        .heading=${t("comment.list")}
        .content=${content(this.#comments, comments, t("record.noComments"))}
        data-testid="record-comments"
      ></sc-card>
    </div>`;
  }
}

async function partOf<T>(items: Promise<T[]>): Promise<Part<T>> {
  try {
    return { items: await items, failure: "" };
  } catch (error) {
    return { items: [], failure: reason(error) };
  }
}

function content({ items, failure }: Part<unknown>, shown: TemplateResult, none: string) {
  if (failure) return html`<p class="meta bad" role="alert">${failure}</p>`;
  return items.length > 0 ? shown : html`<p class="meta">${none}</p>`;
}

function commentItem({ text, author, author_name: name, at, call }: Comment) {
  return html`<li class="comment" data-testid="record-comment">
    <p class="comment-text">${strangerLines(text)}</p>
    <p class="meta">${name || author} · <a href=${address("calls", call)}>${when(at)}</a></p>
  </li>`;
}
