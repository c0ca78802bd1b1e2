// The last calls and comments with a caller, before the call that is shown.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { duration, when } from "../calls/format";
import { mine } from "../calls/state";
import type { Call, Comment, Remote } from "../core/types";
import { stranger } from "../dom/stranger";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

/** Calls, and comments, that are shown. */
const SHOWN = 3;
/** Comments that are read: those of the call that is shown are left out. */
const READ = 20;

export class Past {
  #calls: Call[] = [];
  #comments: Comment[] = [];
  /** The number that was read, with the id of the call that is left out. */
  #read = "";
  #state: "waiting" | "read" | "failed" = "waiting";

  /** `onRead` is called when the answer has come. */
  constructor(
    readonly context: Context,
    readonly onRead: () => void,
  ) {}

  /** Reads what was before this call, once for each number. A withheld number has no history. */
  async read(remote: Remote, call: string) {
    const number = remote.kind === "anonymous" ? "" : remote.e164 || remote.display || remote.raw;
    const wanted = `${number} ${call}`;
    if (number === "" || wanted === this.#read) return;
    this.#read = wanted;
    const { api } = this.context;
    const [log, comments] = await Promise.allSettled([
      api.ask("GET /api/calls", { query: { number, limit: SHOWN + 1 } }),
      api.ask("GET /api/comments", { query: { number, limit: READ } }),
    ]);
    if (wanted !== this.#read) return;
    const isRead = log.status === "fulfilled" && comments.status === "fulfilled";
    this.#state = isRead ? "read" : "failed";
    const calls = log.status === "fulfilled" ? log.value.items : [];
    const notes = comments.status === "fulfilled" ? comments.value.items : [];
    this.#calls = calls.filter((each) => each.id !== call).slice(0, SHOWN);
    this.#comments = notes.filter((each) => each.call !== call).slice(0, SHOWN);
    this.onRead();
  }

  render(): TemplateResult | typeof nothing {
    if (this.#state === "waiting") return nothing;
    const own = this.context.user.extensions;
    const entries = [
      ...this.#calls.map((call) => ({ at: call.started_at, shown: callEntry(call, own) })),
      ...this.#comments.map((comment) => ({ at: comment.at, shown: commentEntry(comment) })),
    ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    const note = this.#state === "failed" ? t("past.failed") : t("past.none");
    return html`<section class="past" aria-label=${t("past.title")} data-testid="past">
      <p class="past-title">${t("past.title")}</p>
      <ul class="past-list">${entries.map(({ shown }) => shown)}</ul>
      <p class="meta" ?hidden=${entries.length > 0}>${note}</p>
    </section>`;
  }
}

/**
 * One line about a call, which leads to an address if there is one. `own` are the extensions of the reader.
 */
export function callEntry(call: Call, own: string[], href: string | null = null) {
  const state = mine(call, own);
  const kind = state === "missed" || state === "elsewhere" ? state : call.direction;
  return html`<li class="past-entry" data-testid="past-call" data-call=${call.id}>
    <span class="past-icon past-${kind}">${iconOf(kind)}</span>
    <span class="past-text">
      ${href === null ? callText(call, state) : html`<a href=${href}>${callText(call, state)}</a>`}
    </span>
    <time class="past-time" datetime=${call.started_at}>${when(call.started_at)}</time>
  </li>`;
}

function callText(call: Call, state: ReturnType<typeof mine>) {
  const direction = t(`direction.${call.direction}`);
  const talk = call.talk_seconds ? duration(call.talk_seconds) : t(`phase.${state}`);
  const by = call.users.find((user) => user.extension === call.answered_by)?.name;
  return html`<span class="past-words">${direction}, ${talk}${by ? html` · ${stranger(by)}` : nothing}</span>`;
}

function commentEntry(comment: Comment) {
  return html`<li class="past-entry" data-testid="past-comment">
    <span class="past-icon">${iconOf("comment")}</span>
    <span class="past-text">
      <span class="past-words" title=${comment.text}>${stranger(comment.text)}</span>
      <span class="past-author">${stranger(comment.author_name || comment.author)}</span>
    </span>
    <time class="past-time" datetime=${comment.at}>${when(comment.at)}</time>
  </li>`;
}
