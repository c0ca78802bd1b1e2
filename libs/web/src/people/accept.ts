// The page of an invitation's link, where a person chooses a password and is signed in with it.

import { html, render, type TemplateResult } from "lit";
import logo from "../../assets/logo.svg";
import type { InvitedUser } from "../api/notifier";
import { send } from "../core/request";
import type { Session } from "../core/session";
import { remember } from "../core/storage";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import "../forms/form";
import { newPasswordFields, newPasswordOf } from "../forms/new-password";
import type { Values } from "../forms/values";

export class AcceptPage implements View {
  readonly element = h("main", { class: "signin", id: "content", "data-testid": "accept" });

  constructor(
    readonly options: { session: Session; languages: Node },
    readonly token: string,
  ) {
    this.#draw(this.#form());
  }

  #draw(content: TemplateResult) {
    const card = html`<div class="signin-card">
        <img class="logo" src=${logo} alt="" width="44" height="44" />
        <h1>${t("accept.title")}</h1>
        ${content}
      </div>
      ${this.options.languages}`;
    render(card, this.element);
  }

  #form() {
    return html`<p class="meta">${t("accept.lead")}</p>
      <sc-form
        class="signin-form"
        .content=${newPasswordFields()}
        .words=${t("accept.submit")}
        .work=${(values: Values) => this.#accept(values)}
      ></sc-form>`;
  }

  async #accept(values: Values) {
    const password = newPasswordOf(values);
    const body = { token: this.token, password };
    const user = await send("POST /api/invitations/accept", { body });
    await this.#signIn(user, password);
    return "";
  }

  /** Signs in; a user with a second factor does so on the page for it. */
  async #signIn({ tenant, login }: InvitedUser, password: string) {
    history.replaceState(null, "", "/");
    try {
      await this.options.session.signIn(tenant, login, password);
    } catch {
      remember("tenant", tenant);
      remember("login", login);
      this.#draw(html`<p role="status" data-testid="accepted">${t("accept.done")}</p>
        <a class="button wide" href="/">${t("accept.signIn")}</a>`);
    }
  }
}
