// A saved comment; its author and administrators change it in its place, or delete it.

import { html, nothing } from "lit";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import type { Call, Comment } from "../core/types";
import { typeText } from "../directory/matches";
import { strangerLines } from "../dom/stranger";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { PageElement } from "../ui/element";
import "../forms/confirm";

export class CommentItem extends PageElement {
  static override properties = {
    comment: { attribute: false },
    call: { attribute: false },
    context: { attribute: false },
    editing: { state: true },
    saving: { state: true },
    failure: { state: true },
  };
  declare comment: Comment;
  declare call: Call;
  declare context: Context;
  declare editing: boolean;
  declare saving: boolean;
  declare failure: string;

  constructor() {
    super();
    this.editing = this.saving = false;
    this.failure = "";
  }

  /** Whether a changed text was not sent yet. */
  get isChanged() {
    return this.editing && this.#area?.value.trim() !== this.comment.text;
  }

  get #area() {
    return this.querySelector("textarea");
  }

  get #isOwn() {
    const { user } = this.context;
    return this.comment.author === user.login || user.role === "admin";
  }

  async #edit(isEditing: boolean) {
    this.editing = isEditing;
    this.failure = "";
    await this.updateComplete;
    const focused = isEditing ? "textarea" : "[data-testid=comment-edit]";
    this.querySelector<HTMLElement>(focused)?.focus();
  }

  async #save(event: Event) {
    event.preventDefault();
    const text = this.#area?.value.trim() ?? "";
    const { callApi, calls } = this.context;
    if (this.saving) return;
    if (text === "" || [...text].length > calls.commentMax) {
      this.failure = text ? t("comment.tooLong", { n: calls.commentMax }) : t("comment.empty");
      this.#area?.focus();
      return;
    }
    this.saving = true;
    try {
      calls.addComment(await callApi.editComment(this.comment, text));
      await this.#edit(false);
    } catch (error) {
      this.failure = t("comment.kept", { why: reason(error) });
    } finally {
      this.saving = false;
    }
  }

  async #remove() {
    const { callApi, calls, say } = this.context;
    try {
      await callApi.removeComment(this.comment);
      say(t("comment.deleted"), "good");
      calls.removeComment(this.comment);
    } catch (error) {
      say(t("comment.notDeleted", { why: reason(error) }), "bad");
    }
  }

  protected override render() {
    return this.editing ? this.#form() : this.#text();
  }

  #text() {
    const { comment, call } = this;
    const match = call.matches.find((found) => found.record === comment.record);
    const place = match ? `${typeText(match.type)}: ${match.name}` : comment.record;
    const facts = [
      comment.author_name || comment.author,
      when(comment.at),
      comment.edited_at ? t("comment.edited", { when: when(comment.edited_at) }) : "",
      place,
    ];
    return html`<p class="comment-text">${strangerLines(comment.text)}</p>
      <p class="meta">${facts.filter(Boolean).join(" · ")}</p>
      ${this.#isOwn ? this.#actions() : nothing}`;
  }

  #actions() {
    return html`<div class="comment-actions">
      <button
        type="button"
        class="button quiet"
        data-testid="comment-edit"
        @click=${() => void this.#edit(true)}
      >
        ${t("comment.edit")}
      </button>
      <sc-confirm
        label=${t("comment.delete")}
        question=${t("comment.deleteQuestion")}
        testid="comment-delete"
        .action=${() => this.#remove()}
      ></sc-confirm>
    </div>`;
  }

  #form() {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      void this.#edit(false);
    };
    return html`<form class="comment-form" @submit=${(event: Event) => void this.#save(event)}>
      <textarea
        rows="2"
        aria-label=${t("comment.label")}
        data-testid="comment-edit-text"
        .value=${this.comment.text}
        ?readonly=${this.saving}
        @keydown=${onKey}
      ></textarea>
      <div class="comment-actions">
        <button class="button" data-testid="comment-edit-save" ?disabled=${this.saving}>
          ${t("comment.save")}
        </button>
        <button
          type="button"
          class="button quiet"
          data-testid="comment-edit-cancel"
          @click=${() => void this.#edit(false)}
        >
          ${t("comment.cancel")}
        </button>
      </div>
      ${this.failure ? html`<p class="note bad" role="alert">${this.failure}</p>` : nothing}
    </form>`;
  }
}

customElements.define("sc-comment", CommentItem);
