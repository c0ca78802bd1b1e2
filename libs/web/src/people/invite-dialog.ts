// The dialog that adds a person and makes the link with which the person sets a password.

import { html, nothing } from "lit";
import type { InvitationOutput } from "../api/notifier";
import type { User } from "../core/types";
import { copyable } from "../dom/copy";
import { language, t } from "../i18n/messages";
import type { Dialog } from "../ui/dialog";
import { PageElement } from "../ui/element";
import "../ui/dialog";
import "../forms/form";
import type { Values } from "../forms/values";
import type { PeopleApi } from "./people-api";
import { fieldsOf, loginFor, personFields } from "./person-form";

export class InviteDialog extends PageElement {
  static override properties = {
    editor: { attribute: false },
    teams: { attribute: false },
    invitation: { state: true },
    invited: { state: true },
  };
  declare editor: User;
  declare teams: readonly string[];
  declare invitation: InvitationOutput | null;
  declare invited: string;
  people: PeopleApi | null = null;

  constructor() {
    super();
    this.teams = [];
    this.invitation = null;
    this.invited = "";
  }

  get #dialog() {
    return this.querySelector("sc-dialog") as Dialog;
  }

  async show() {
    this.invitation = null;
    await this.updateComplete;
    await this.#dialog.show();
  }

  async #invite(values: Values) {
    const people = this.people as PeopleApi;
    const fields = fieldsOf(values);
    const { id } = await people.add(fields);
    this.invited = fields.name || fields.login;
    try {
      this.invitation = await people.invite(id);
    } finally {
      this.dispatchEvent(new Event("added")); // the person is there even without a link
    }
    return "";
  }

  /** Suggests a login while a name is typed, until the login is typed by hand. */
  #onInput = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const login = this.querySelector<HTMLInputElement>("input[name=login]");
    if (login === null) return;
    if (input === login) login.dataset.own = "yes";
    else if (input.name === "name" && !login.dataset.own) login.value = loginFor(input.value);
  };

  #close = () => this.#dialog.close();

  #onClosed = () => {
    this.invitation = null;
    this.dispatchEvent(new Event("closed"));
  };

  #form() {
    const cancel = html`<button type="button" class="button quiet" @click=${this.#close}>${t("confirm.no")}</button>`;
    return html`<p class="meta dialog-lead">${t("invite.lead")}</p>
      <sc-form
        data-testid="invite-form"
        .words=${t("invite.submit")}
        .content=${personFields(null, this.editor, this.teams)}
        .actions=${cancel}
        .work=${(values: Values) => this.#invite(values)}
        @input=${this.#onInput}
      ></sc-form>`;
  }

  protected override render() {
    const { invitation } = this;
    const done = html`<button type="button" class="button" data-testid="invite-done" @click=${this.#close}>${t("invite.done")}</button>`;
    return html`<sc-dialog
      class="dialog-wide"
      .heading=${invitation ? t("invite.made", { name: this.invited }) : t("people.invite")}
      .content=${invitation ? invitationText(invitation) : this.#form()}
      .actions=${invitation ? done : nothing}
      @closed=${this.#onClosed}
    ></sc-dialog>`;
  }
}

/** The link with its button to copy it, and until when it works. */
export function invitationText({ url, expires_at }: InvitationOutput) {
  const until = new Date(expires_at).toLocaleString(language(), {
    dateStyle: "long",
    timeStyle: "short",
  });
  return html`<p>${t("invite.hand")}</p>
    ${copyable(url, { label: t("invite.link"), testid: "invitation" })}
    <p class="meta">${t("invite.until", { until })}</p>`;
}

customElements.define("sc-invite-dialog", InviteDialog);
