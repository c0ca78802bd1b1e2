// The saved comments of a call.

import { when } from "../calls/format";
import type { Call, Comment } from "../core/types";
import { typeText } from "../directory/matches";
import { fill, h } from "../dom/dom";

export function showComments(list: HTMLElement, call: Call) {
  list.hidden = call.comments.length === 0;
  fill(list, ...call.comments.map((comment) => commentItem(comment, call)));
}

function commentItem(comment: Comment, call: Call) {
  const match = call.matches.find((found) => found.record === comment.record);
  const place = match ? `${typeText(match.type)}: ${match.name}` : comment.record;
  const facts = [comment.author_name || comment.author, when(comment.at), place]
    .filter(Boolean)
    .join(" · ");
  return h(
    "li",
    { class: "comment", "data-testid": "comment" },
    h("p", { class: "comment-text" }, comment.text),
    h("p", { class: "meta" }, facts),
  );
}
