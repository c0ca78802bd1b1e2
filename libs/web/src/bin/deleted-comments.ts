// The deleted comments, each with the address of its call.

import { html, render } from "lit";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import type { Comment } from "../core/types";
import type { View } from "../core/view";
import { plain, strangerLines } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { panelOf } from "../ui/element";
import { PagedList, pagedRows } from "../ui/paged-list";
import type { Column } from "../ui/table";
import "../ui/table";
import { deletion, type Names, restoreButton } from "./deletion";

/** Characters of a comment in the label of its button. */
const LABEL = 60;

export class DeletedComments implements View {
  readonly #list: PagedList<Comment>;
  readonly element = panelOf("deleted-comments", "deleted-comments-title");

  constructor(
    readonly context: Context,
    readonly names: Names,
  ) {
    this.#list = new PagedList<Comment>({
      read: (cursor) => context.callApi.deletedComments(cursor),
      changed: () => this.draw(),
    });
    void this.#list.read();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    this.#list.stop();
  }

  draw() {
    const words = {
      loading: t("loading"),
      empty: t("bin.emptyComments"),
      failed: (error: unknown) => t("bin.failed", { why: reason(error) }),
      more: t("records.next"),
      retry: t("history.retry"),
    };
    render(
      html`<header class="panel-head">
          <h2 id="deleted-comments-title">${t("bin.comments")}</h2>
        </header>
        ${pagedRows(this.#list, words, (comments) => this.#table(comments))}`,
      this.element,
    );
  }

  #table(comments: readonly Comment[]) {
    const columns: Column<Comment>[] = [
      {
        title: t("bin.comment"),
        cell: ({ text, call }) =>
          html`<a class="comment-text" href=${address("calls", call)}>${strangerLines(text)}</a>`,
      },
      { title: t("bin.author"), cell: (comment) => comment.author_name || comment.author },
      {
        title: t("bin.deletedAt"),
        cell: ({ deleted_at, deleted_by }) => deletion(deleted_at, deleted_by, this.names),
      },
      { title: t("bin.restore"), unseen: true, cell: (comment) => this.#restorer(comment) },
    ];
    return html`<sc-table
      label=${t("bin.comments")}
      rowid="bin-comment"
      .columns=${columns}
      .rows=${comments}
      .key=${(comment: Comment) => comment.id}
    ></sc-table>`;
  }

  #restorer(comment: Comment) {
    const restore = (button: HTMLButtonElement) => void this.#restore(comment, button);
    return restoreButton(plain(comment.text).slice(0, LABEL), restore);
  }

  async #restore(comment: Comment, button: HTMLButtonElement) {
    const { callApi, calls, say } = this.context;
    button.disabled = true;
    try {
      calls.addComment(await callApi.restoreComment(comment));
      this.#list.remove(comment);
      say(t("bin.restoredComment"), "good");
    } catch (error) {
      button.disabled = false;
      say(t("bin.notRestored", { why: reason(error) }), "bad");
    }
  }
}
