// The saved comments of a call, and the form for a new one.

import type { Context } from "../calls/context";
import { countOf } from "../calls/merge";
import { ApiError } from "../core/request";
import type { Call } from "../core/types";
import { pickRecord } from "../directory/pick";
import { h, setText } from "../dom/dom";
import { field } from "../dom/field";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { isAnyChanged, showComments } from "./comment-list";
import { RecordChooser } from "./record-chooser";

/** Characters before the limit from which on those that are left are counted. */
const WARNED = 200;
/** Pauses before a comment is sent again, since the log may be seconds behind the popup. */
const PAUSES = [500, 1000, 2000, 4000, 8000];

export class CommentBox {
  /** The page of older comments behind those that were loaded. */
  #older: string | null = null;
  readonly #chooser = new RecordChooser();
  readonly #more = h("button", {
    class: "button quiet",
    type: "button",
    hidden: true,
    "data-testid": "comment-more",
  });
  readonly #list = h("ul", { class: "comments", "aria-label": t("comment.list") });
  readonly #text = h("textarea", {
    rows: 2,
    placeholder: t("comment.placeholder"),
    "data-testid": "comment-text",
  });
  readonly #button = h(
    "button",
    { class: "button", "data-testid": "comment-save" },
    t("comment.save"),
  );
  /** How many characters are left, near the limit. */
  readonly #left = h("p", { class: "note", role: "status", "data-testid": "comment-left" });
  readonly #note = h("p", { class: "note", role: "status", "data-testid": "comment-note" });
  readonly #form = h(
    "form",
    { class: "comment-form" },
    field(t("comment.label"), this.#text),
    h(
      "div",
      { class: "comment-row" },
      field(t("comment.record"), this.#chooser.select),
      this.#button,
    ),
    this.#left,
    this.#note,
  );
  readonly element = h("div", { class: "comment-box" }, this.#more, this.#list, this.#form);

  constructor(
    public call: Call,
    readonly context: Context,
  ) {
    context.drafts.listeners.add(this.#onDraft);
    this.#listen();
    this.update(call);
    this.#showDraft();
  }

  #onDraft = (id: string, source: object | null) => {
    if (id === this.call.id && source !== this) this.#showDraft();
  };

  #listen() {
    this.#more.addEventListener("click", () => void this.#loadOlder());
    this.#text.addEventListener("input", () => this.#keep());
    this.#chooser.select.addEventListener("change", () => {
      const record = this.#chooser.chosen();
      this.#chooser.wanted = record;
      this.#keep();
      const { remote, matches } = this.call;
      if (record) void pickRecord(this.context.api, remote, matches, record);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  update(call: Call) {
    this.call = call;
    this.#chooser.update(call);
    this.#countLeft();
    showComments(this.#list, call, this.context);
    const hidden = countOf(call) - call.comments.length;
    this.#more.hidden = hidden <= 0;
    setText(this.#more, counted("comment.more", hidden));
  }

  /** Reads on until a page has a comment that is not shown yet. */
  async #loadOlder() {
    const { callApi, calls } = this.context;
    const id = this.call.id;
    this.#more.disabled = true;
    try {
      const known = new Set(this.call.comments.map((comment) => comment.id));
      let page: Awaited<ReturnType<typeof callApi.comments>>;
      do {
        page = await callApi.comments(id, this.#older);
        this.#older = page.next;
      } while (page.next && page.items.every((comment) => known.has(comment.id)));
      calls.addOlderComments(id, page.items);
    } catch (error) {
      this.#say(reason(error), true);
    } finally {
      this.#more.disabled = false;
    }
  }

  /** Whether the box has the focus or holds a comment that was not sent. */
  get busy() {
    const isWritten = this.#text.value !== "" || isAnyChanged(this.#list);
    return isWritten || this.element.contains(document.activeElement);
  }

  stop() {
    this.context.drafts.listeners.delete(this.#onDraft);
  }

  #showDraft() {
    const draft = this.context.drafts.get(this.call.id);
    this.#text.value = draft?.text ?? "";
    this.#countLeft();
    if (draft?.record !== undefined) this.#chooser.choose(draft.record);
  }

  #keep() {
    this.#say("", false);
    this.#countLeft();
    this.context.drafts.set(this.call.id, this.#text.value, this.#chooser.wanted, this);
  }

  /** How many characters the server takes besides these; negative if they are too many. */
  #leftOf(text: string) {
    return this.context.calls.commentMax - lengthOf(text);
  }

  #countLeft() {
    const left = this.#leftOf(this.#text.value);
    const words = left < 0 ? counted("comment.over", -left) : counted("comment.left", left);
    setText(this.#left, left > WARNED ? "" : words);
    this.#left.classList.toggle("bad", left < 0);
  }

  #say(words: string, isBad: boolean) {
    setText(this.#note, words);
    this.#note.classList.toggle("bad", isBad);
  }

  async #save() {
    const text = this.#text;
    const { calls, drafts } = this.context;
    const { id } = this.call;
    if (this.#button.disabled) return;
    if (text.value.trim() === "") {
      this.#say(t("comment.empty"), true);
      text.focus();
      return;
    }
    if (this.#leftOf(text.value) < 0) return text.focus(); // the counter says why
    this.#button.disabled = text.readOnly = true;
    this.#say(t("comment.saving"), false);
    try {
      const saved = await this.#send(id, text.value.trim(), this.#chooser.chosen());
      text.value = "";
      this.#countLeft();
      drafts.set(id, "", null, this);
      calls.addComment(saved);
      this.#say(t("comment.saved"), false);
    } catch (error) {
      const why = isAhead(error) ? t("comment.notYet") : reason(error);
      this.#say(t("comment.kept", { why }), true);
    } finally {
      this.#button.disabled = text.readOnly = false;
    }
  }

  /** Sends the comment, and again while the log does not have the call or its matches yet. */
  async #send(id: string, text: string, record: string | null) {
    const { callApi } = this.context;
    for (const pause of PAUSES) {
      try {
        return await callApi.comment(id, text, record);
      } catch (error) {
        if (!isAhead(error)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return await callApi.comment(id, text, record);
  }
}

/** The length as the server counts it, by characters and not by halves of them. */
function lengthOf(text: string) {
  return [...text.trim()].length;
}

/** Whether a comment was refused since the log does not have the call or its matches yet. */
function isAhead(error: unknown) {
  return (
    error instanceof ApiError &&
    ["call-unknown", "record-not-matched"].includes(error.problem.code ?? "")
  );
}
