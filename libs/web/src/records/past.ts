// The last calls with the numbers of a record, and the comments about it.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { callEntry } from "../card/past";
import { address } from "../core/place";
import type { Call, Comment, DirectoryRecord } from "../core/types";
import { strangerLines } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../ui/card";

/** Calls and comments that are shown. */
const SHOWN = 10;
/** Numbers whose calls are read: each is a request. */
const NUMBERS = 5;

/** The items that were read, or why reading failed. */
interface Part<T> {
  items: T[];
  failure: string;
}

export class RecordPast {
  #calls: Part<Call> | null = null;
  #comments: Part<Comment> | null = null;
  #request = 0;

  /** `onRead` is called when an answer has come. */
  constructor(
    readonly context: Context,
    readonly onRead: () => void,
  ) {}

  async read(record: DirectoryRecord) {
    const request = ++this.#request;
    const { api } = this.context;
    const keys = [...new Set(record.numbers.flatMap((number) => number.keys))].slice(0, NUMBERS);
    const calls = keys.map((number) =>
      api.ask("GET /api/calls", { query: { number, limit: SHOWN } }),
    );
    const query = { record: record.id, limit: SHOWN };
    const [logs, comments] = await Promise.all([
      partOf(Promise.all(calls).then((pages) => pages.flatMap(({ items }) => items))),
      partOf(api.ask("GET /api/comments", { query }).then(({ items }) => items)),
    ]);
    if (request !== this.#request) return;
    this.#calls = { ...logs, items: newest(logs.items) };
    this.#comments = comments;
    this.onRead();
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

function newest(calls: readonly Call[]) {
  const known = new Map(calls.map((call) => [call.id, call])); // one call may have two of the numbers
  const order = (a: Call, b: Call) => Date.parse(b.started_at) - Date.parse(a.started_at);
  return [...known.values()].sort(order).slice(0, SHOWN);
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
