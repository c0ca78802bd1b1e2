// The saved comments of a call.

import { html, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Context } from "../calls/context";
import type { Call } from "../core/types";
import type { CommentItem } from "./comment-item";
import "./comment-item";

export function showComments(list: HTMLElement, call: Call, context: Context) {
  list.hidden = call.comments.length === 0;
  const items = repeat(
    call.comments,
    ({ id }) => id,
    (comment) => html`<li class="comment" data-testid="comment">
      <sc-comment .comment=${comment} .call=${call} .context=${context}></sc-comment>
    </li>`,
  );
  render(items, list);
}

/** Whether a comment of the list is being changed. */
export function isAnyChanged(list: HTMLElement) {
  return [...list.querySelectorAll<CommentItem>("sc-comment")].some((item) => item.isChanged);
}
