// The dialog that makes an API key and shows its text, this once.

import { html, nothing } from "lit";
import type { ApiKeyInput, NewApiKey } from "../api/notifier";
import type { Api } from "../core/client";
import { now } from "../core/clock";
import { copyable } from "../dom/copy";
import { checkField, choiceField, customField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import type { Dialog } from "../ui/dialog";
import { PageElement } from "../ui/element";
import "../forms/form";
import "../ui/dialog";

type Scope = ApiKeyInput["scopes"][number];

const SCOPES: readonly Scope[] = [
  "directory:read",
  "directory:write",
  "calls:read",
  "comments:write",
  "hits:read",
  "lookup",
  "admin",
];
const DAYS = ["30", "90", "365", ""] as const;
const DAY_MILLIS = 86_400_000;

export class NewKeyDialog extends PageElement {
  static override properties = {
    api: { attribute: false },
    made: { state: true },
  };
  declare api: Api;
  declare made: NewApiKey | null;

  constructor() {
    super();
    this.made = null;
  }

  get #dialog() {
    return this.querySelector("sc-dialog") as Dialog;
  }

  async show() {
    this.made = null;
    await this.updateComplete;
    await this.#dialog.show();
  }

  #make = async (values: Values) => {
    const days = values.of("expires_at");
    const end = days ? new Date(now() + Number(days) * DAY_MILLIS).toISOString() : null;
    const scopes = SCOPES.filter((scope) => values.isOn(scope));
    const body = { name: values.of("name"), scopes, expires_at: end };
    this.made = await this.api.ask("POST /api/keys", { body });
    this.dispatchEvent(new Event("added"));
    return "";
  };

  #close = () => this.#dialog.close();

  #onClosed = () => {
    this.made = null;
  };

  #form() {
    const cancel = html`<button type="button" class="button quiet" @click=${this.#close}>${t("confirm.no")}</button>`;
    return html`<sc-form
      data-testid="api-key-form"
      .words=${t("apiKey.create")}
      .content=${fields()}
      .actions=${cancel}
      .work=${this.#make}
    ></sc-form>`;
  }

  #result({ key, scopes }: NewApiKey) {
    const once = html`<p>${t("apiKey.once")}</p>`;
    if (scopes.includes("lookup")) {
      const address = `${location.origin}/api/lookup/${key}?number=`;
      return html`${once}
        ${copyable(address, { label: t("apiKey.address"), testid: "api-key-text" })}
        <p class="meta">${t("apiKey.lookupUse")}</p>`;
    }
    return html`${once}
      ${copyable(key, { label: t("apiKey.key"), testid: "api-key-text" })}
      <p class="meta">${t("apiKey.use")}</p>
      <pre class="copy-text">Authorization: Bearer spk_…</pre>`;
  }

  protected override render() {
    const { made } = this;
    const done = html`<button type="button" class="button" data-testid="api-key-done" @click=${this.#close}>${t("apiKey.done")}</button>`;
    return html`<sc-dialog
      class="dialog-wide"
      .heading=${made ? t("apiKey.madeTitle", { name: made.name }) : t("apiKey.add")}
      .content=${made ? this.#result(made) : this.#form()}
      .actions=${made ? done : nothing}
      @closed=${this.#onClosed}
    ></sc-dialog>`;
  }
}

function fields() {
  return html`
    ${textField({
      name: "name",
      label: t("apiKey.name"),
      hint: t("apiKey.nameHint"),
      required: true,
      maxlength: 60,
    })}
    ${customField(
      { name: "scopes", label: t("apiKey.scopes"), layout: "wide", structured: true },
      () => html`<div class="choices">
        ${SCOPES.map((scope) =>
          checkField({ name: scope, label: t(`scope.${scope}`), checked: false }),
        )}
      </div>`,
    )}
    ${choiceField({
      name: "expires_at",
      label: t("apiKey.expires"),
      value: "365",
      options: DAYS.map((days) => [days, days ? t("apiKey.days", { days }) : t("apiKey.never")]),
    })}
  `;
}

customElements.define("sc-new-key-dialog", NewKeyDialog);
