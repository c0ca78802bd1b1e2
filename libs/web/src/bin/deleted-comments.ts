// The deleted comments, each with the address of its call.

import { html } from "lit";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import type { Comment } from "../core/types";
import { plain, strangerLines } from "../dom/stranger";
import { t } from "../i18n/messages";
import { DeletedList } from "./deleted-list";
import type { Names } from "./deletion";

/** Characters of a comment in the label of its button. */
const LABEL = 60;

export function deletedComments(context: Context, names: Names) {
  const { callApi, calls } = context;
  return new DeletedList<Comment>(context, names, {
    testid: "deleted-comments",
    rowid: "bin-comment",
    title: t("bin.comments"),
    empty: t("bin.emptyComments"),
    read: (cursor) => callApi.deletedComments(cursor),
    columns: [
      {
        title: t("bin.comment"),
        cell: ({ text, call }) =>
          html`<a class="comment-text" href=${address("calls", call)}>${strangerLines(text)}</a>`,
      },
      { title: t("bin.author"), cell: (comment) => comment.author_name || comment.author },
    ],
    label: ({ text }) => plain(text).slice(0, LABEL),
    restore: async (comment) => {
      calls.addComment(await callApi.restoreComment(comment));
      return t("bin.restoredComment");
    },
  });
}
