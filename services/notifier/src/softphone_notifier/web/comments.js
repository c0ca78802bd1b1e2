// The saved comments of a call, and the box for a new one.
/** @import { Call, Comment, Context } from "./types.js" */

import { ApiError, reason } from "./api.js";
import { field, fill, h, setText } from "./dom.js";
import { typeText, when } from "./format.js";
import { t } from "./messages.js";

export class CommentBox {
  list = h("ul", { class: "comments", "aria-label": t("comment.list") });
  text = h("textarea", {
    rows: 2,
    maxlength: 4000,
    placeholder: t("comment.placeholder"),
    "data-testid": "comment-text",
  });
  record = h("select", { "data-testid": "comment-record" });
  button = h("button", { class: "button", "data-testid": "comment-save" }, t("comment.save"));
  note = h("p", { class: "note", role: "status", "data-testid": "comment-note" });

  /**
   * @param {Call} call
   * @param {Context} context
   */
  constructor(call, context) {
    this.call = call;
    this.context = context;
    this.chooser = recordChooser(this.record);
    const row = h(
      "div",
      { class: "comment-row" },
      field(t("comment.record"), this.record),
      this.button,
    );
    this.form = h(
      "form",
      { class: "comment-form" },
      field(t("comment.label"), this.text),
      row,
      this.note,
    );
    this.element = h("div", { class: "comment-box" }, this.list, this.form);
    this.onDraft = (/** @type {string} */ id, /** @type {object | null} */ source) => {
      if (id === this.call.id && source !== this) this.#showDraft();
    };
    context.drafts.listeners.add(this.onDraft);
    this.#listen();
    this.update(call);
    this.#showDraft();
  }

  #listen() {
    this.text.addEventListener("input", () => this.#keep());
    this.record.addEventListener("change", () => {
      this.chooser.wanted = this.record.value || null;
      this.#keep();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#save();
    });
  }

  /** @param {Call} call */
  update(call) {
    this.call = call;
    this.chooser.update(call);
    showComments(this.list, call);
  }

  /** Whether the box has the focus or holds a comment that was not sent. */
  get busy() {
    return this.text.value !== "" || this.element.contains(document.activeElement);
  }

  stop() {
    this.context.drafts.listeners.delete(this.onDraft);
  }

  #showDraft() {
    const draft = this.context.drafts.get(this.call.id);
    this.text.value = draft?.text ?? "";
    if (draft?.record !== undefined) this.chooser.choose(draft.record);
  }

  #keep() {
    this.#say("", false);
    this.context.drafts.set(this.call.id, this.text.value, this.chooser.wanted, this);
  }

  /** @param {string} words @param {boolean} bad */
  #say(words, bad) {
    setText(this.note, words);
    this.note.classList.toggle("bad", bad);
  }

  async #save() {
    const { text, button, call } = this;
    if (button.disabled) return;
    if (text.value.trim() === "") {
      this.#say(t("comment.empty"), true);
      text.focus();
      return;
    }
    button.disabled = text.readOnly = true;
    this.#say(t("comment.saving"), false);
    try {
      const { api, calls, drafts } = this.context;
      const saved = await api.comment(call.id, text.value.trim(), this.chooser.chosen());
      text.value = "";
      drafts.set(call.id, "", null, this);
      calls.addComment(saved);
      this.#say(t("comment.saved"), false);
    } catch (error) {
      this.#say(t("comment.kept", { why: why(error) }), true);
    } finally {
      button.disabled = text.readOnly = false;
    }
  }
}

/**
 * The log may be seconds behind the popup and not know the call or its matches yet.
 * @param {unknown} error
 */
function why(error) {
  if (!(error instanceof ApiError)) return reason(error);
  const ofRecord = error.problem.code === "record-not-matched";
  return error.status === 404 || ofRecord ? t("comment.notYet") : reason(error);
}

/**
 * The record the comment is about: the user's choice, else the first certain match.
 * @param {HTMLSelectElement} select
 */
function recordChooser(select) {
  let known = "";
  const chooser = {
    /** undefined until the user chooses; null for no record. @type {string | null | undefined} */
    wanted: undefined,
    chosen: () => select.value || null,
    /** @param {string | null} record */
    choose(record) {
      chooser.wanted = record;
      chooser.select("");
    },
    /** @param {string} otherwise */
    select(otherwise) {
      select.value = chooser.wanted === undefined ? otherwise : (chooser.wanted ?? "");
      if (select.selectedIndex < 0) select.value = "";
    },
    /** @param {Call} call */
    update(call) {
      const options = call.matches.map((match) => [
        match.record,
        `${typeText(match.type)}: ${match.name}`,
      ]);
      if (known === JSON.stringify(options)) return;
      known = JSON.stringify(options);
      fill(
        select,
        ...options.map(([value, words]) => h("option", { value }, words)),
        h("option", { value: "" }, t("comment.noRecord")),
      );
      chooser.select(call.matches.find((match) => match.level === "exact")?.record ?? "");
    },
  };
  return chooser;
}

/**
 * @param {HTMLElement} list
 * @param {Call} call
 */
function showComments(list, call) {
  list.hidden = call.comments.length === 0;
  fill(list, ...call.comments.map((comment) => commentItem(comment, call)));
}

/**
 * @param {Comment} comment
 * @param {Call} call
 */
function commentItem(comment, call) {
  const match = call.matches.find((found) => found.record === comment.record);
  const place = match ? `${typeText(match.type)}: ${match.name}` : comment.record;
  return h(
    "li",
    { class: "comment", "data-testid": "comment" },
    h("p", { class: "comment-text" }, comment.text),
    h(
      "p",
      { class: "meta" },
      [comment.author, when(comment.at), place].filter(Boolean).join(" · "),
    ),
  );
}
