// The details of a call in an opened row of the list.

import { html, nothing, render } from "lit";
import type { Context } from "../calls/context";
import { calledText } from "../calls/format";
import { CommentBox } from "../comments/comment-box";
import type { Call } from "../core/types";
import { matchList } from "../directory/matches";
import { pickRecord } from "../directory/pick";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { Timeline } from "./timeline";

const COLUMNS = 10;

export class Details {
  readonly #comments: CommentBox;
  readonly #timeline: Timeline;
  #shown: Call | null = null;
  readonly element = h("tr", { class: "details" });

  constructor(
    call: Call,
    readonly context: Context,
  ) {
    this.#comments = new CommentBox(call, context);
    this.#timeline = new Timeline(call, context);
    this.update(call);
  }

  update(call: Call) {
    if (call !== this.#shown) {
      this.#comments.update(call);
      this.#timeline.update(call);
    }
    this.#shown = call;
    const picked = (record: string) =>
      void pickRecord(this.context.api, call.remote, call.matches, record);
    const cell = html`<td colspan=${COLUMNS}>
      <div class="details-grid">
        <div>${matchList(call, "row-match", picked)}${facts(call)}</div>
        ${this.#timeline.element}${this.#comments.element}
      </div>
    </td>`;
    render(cell, this.element);
  }

  stop() {
    this.#comments.stop();
    this.#timeline.stop();
  }
}

function facts(call: Call) {
  const name = call.name && t("phone.says", { name: call.name });
  const further = call.further_legs > 0 && t("history.furtherLegs", { n: call.further_legs });
  return html`<div class="facts">
    ${name ? html`<p class="meta">${name}</p>` : nothing}
    ${call.called ? html`<p class="meta" data-testid="row-called">${calledText(call)}</p>` : nothing}
    ${call.reason ? html`<p class="meta">${t("history.reason")}: ${call.reason}</p>` : nothing}
    ${further ? html`<p class="meta">${further}</p>` : nothing}
  </div>`;
}
