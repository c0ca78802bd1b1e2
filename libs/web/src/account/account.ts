// The page of a user's own account.

import { html, render } from "lit";
import type { Profile } from "../api/notifier";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { OwnLink } from "./own-link";
import { passwordCard } from "./password";
import { popupCard } from "./popup-preferences";
import { lookCard, profileCard } from "./profile";
import { SecondFactor } from "./second-factor";
import { Sessions } from "./sessions";

export class AccountPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "account" });
  readonly #sessions: Sessions;
  readonly #link: OwnLink;
  readonly #factor: SecondFactor;
  #profile: Profile | null = null;
  #failure = "";

  constructor(readonly context: Context) {
    this.#sessions = new Sessions(context);
    this.#link = new OwnLink(context);
    this.#factor = new SecondFactor(context);
    this.#draw();
    void this.#read();
  }

  again() {
    void this.#sessions.read();
  }

  async #read() {
    try {
      this.#profile = await this.context.api.ask("GET /api/me");
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  #draw() {
    const { context } = this;
    const changed = () => void this.#sessions.read();
    render(
      html`<a class="back" href=${address("calls")}>${t("own.back")}</a>
        ${this.#profileCards()} ${this.#link.element} ${this.#factor.element}
        ${this.#sessions.element} ${passwordCard(context, changed)}`,
      this.element,
    );
  }

  #profileCards() {
    if (this.#failure) return html`<p class="empty bad" role="alert">${this.#failure}</p>`;
    if (this.#profile === null) return html`<p class="empty" role="status">${t("loading")}</p>`;
    return html`${profileCard(this.context, this.#profile)} ${lookCard(this.context, this.#profile)}
    ${popupCard(this.context, this.#profile)}`;
  }
}
