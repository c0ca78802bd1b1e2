// One call in the list, as a row that opens and keeps a comment that is being written.

import { html, nothing, render } from "lit";
import type { Context } from "../calls/context";
import { callerText, companyOf, duration, numberText, peopleOf, when, who } from "../calls/format";
import { countOf } from "../calls/merge";
import { shownState } from "../calls/result";
import { ringSeconds, talkSeconds } from "../calls/state";
import { numberOf, resultPill } from "../calls/status";
import type { Call } from "../core/types";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import { Details } from "./details";

export class Row {
  #details: Details | null = null;
  readonly element = h("tbody", { class: "row", "data-testid": "call-row" });

  constructor(
    public call: Call,
    readonly context: Context,
    /** Deletes the call; null if the user may not. */
    readonly remove: ((call: Call) => void) | null,
  ) {
    this.element.dataset.call = call.id;
    this.update(call);
  }

  update(call: Call) {
    this.call = call;
    this.tick();
  }

  get #state() {
    return shownState(this.call, this.context.user.extensions);
  }

  /** Draws what has changed, such as the seconds of a running call and a draft of a comment. */
  tick() {
    const { call } = this;
    const state = this.#state;
    this.element.dataset.phase = call.phase;
    this.element.dataset.state = state;
    this.element.classList.toggle("open", this.#details !== null);
    this.#details?.update(call);
    const talk = talkSeconds(call);
    const never = (talk === 0 && call.answered_by === null) || state === "no_end_signal";
    const line = html`<tr class="line" @click=${this.#onClick}>
        <td class="c-status">${resultPill(state)}</td>
        <td class="c-who" data-testid="row-who">${this.#who()}</td>
        <td class="c-wide" data-label=${t("history.company")}>${companyOf(call)}</td>
        <td class="c-people" data-testid="row-people">${this.#people()}</td>
        <td class="c-wide" data-label=${t("history.called")}>${this.#called()}</td>
        <td class="c-when" data-testid="row-when">${when(call.started_at)}</td>
        ${time(ringSeconds(call), "row-ring", t("history.ring"))}
        ${time(never ? null : talk, "row-talk", t("history.talk"))}
        <td class="c-wide c-comment" data-label=${t("comment.list")}>${this.#comment()}</td>
        <td class="c-more"><div>${this.#notes()}${this.#remover()}${this.#opener()}</div></td>
      </tr>
      ${this.#details?.element ?? nothing}`;
    render(line, this.element);
  }

  #who() {
    const { name, others } = who(this.call);
    const direction = t(`direction.${this.call.direction}`);
    return html`<div>
      <span class="direction" title=${direction}>
        ${iconOf(this.call.direction)}<span class="unseen">${direction}</span>
      </span>
      <span class="who">
        <span class="who-line">
          <bdi class="who-name" ?hidden=${name === ""}>${name}</bdi>
          <span class="tag" ?hidden=${others === 0}>${t("history.others", { n: others })}</span>
        </span>
        <span>${numberOf(this.call, this.context, { testid: "row-number", live: false })}</span>
      </span>
    </div>`;
  }

  /** The users at the extensions of the call, the one who answered first. */
  #people() {
    const { extension, names } = peopleOf(this.call, this.context.calls.reader);
    const line = extension && t("extension", { extension });
    const [first = "", ...others] = names;
    return html`<span class="who">
      <span class="who-line">
        <span ?hidden=${first === ""}>${first}</span>
        <span class="tag" title=${others.join(", ")} ?hidden=${others.length === 0}
          >${t("history.others", { n: others.length })}</span
        >
      </span>
      <span class=${first ? "meta" : ""}>${line}</span>
    </span>`;
  }

  #called() {
    const { called, called_name: name } = this.call;
    if (called === null) return "";
    return html`<span class="who"><span>${name}</span><span class="meta">${numberText(called)}</span></span>`;
  }

  #comment() {
    const text = this.call.comments.at(-1)?.text ?? "";
    return html`<span title=${text}>${text}</span>`;
  }

  #notes() {
    const count = countOf(this.call);
    const isDraft = this.context.drafts.get(this.call.id) !== null;
    const comments = html`${iconOf("comment")}<span data-testid="row-comments">${count}</span>
      <span class="unseen">${t("comment.list")}</span>`;
    return html`<span class="notes" title=${count ? t("history.comments", { n: count }) : ""}>
      ${isDraft ? html`<span class="tag tag-draft">${t("comment.draft")}</span>` : nothing}
      ${count > 0 ? comments : nothing}
    </span>`;
  }

  #remover() {
    const { remove } = this;
    if (remove === null) return nothing;
    const label = t("history.delete", { who: callerText(this.call) });
    return html`<button
      type="button"
      class="icon-button row-delete"
      title=${label}
      aria-label=${label}
      data-testid="row-delete"
      @click=${() => remove(this.call)}
    >
      ${iconOf("trash")}
    </button>`;
  }

  #opener() {
    const label = t("history.details", {
      who: callerText(this.call),
      result: t(`result.${this.#state}`),
      when: when(this.call.started_at),
    });
    return html`<button
      type="button"
      class="icon-button row-open"
      aria-expanded=${this.#details !== null}
      aria-label=${label}
      data-testid="row-open"
      @click=${() => this.toggle()}
    >
      ${iconOf("chevron")}
    </button>`;
  }

  #onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    if (!target.closest("button, a") && !getSelection()?.toString()) this.toggle();
  };

  open() {
    if (this.#details === null) this.toggle();
  }

  toggle() {
    if (this.#details === null) this.#details = new Details(this.call, this.context);
    else this.stop();
    this.tick();
  }

  stop() {
    this.#details?.stop();
    this.#details = null;
  }
}

function time(seconds: number | null, testid: string, label: string) {
  const text = seconds === null ? "–" : duration(seconds);
  const looks = seconds === null ? "c-time none" : "c-time";
  return html`<td class=${looks} data-label=${label} data-testid=${testid}>${text}</td>`;
}
