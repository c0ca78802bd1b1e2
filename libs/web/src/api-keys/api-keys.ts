// The API keys of a company, for administrators: the list, a new key, the removal of one.

import { html, nothing, render } from "lit";
import type { ApiKeyOutput } from "../api/notifier";
import type { Context } from "../calls/context";
import { when } from "../calls/format";
import { now } from "../core/clock";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { language, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import { PagedList } from "../ui/paged-list";
import { isWanted } from "../ui/question";
import type { Column } from "../ui/table";
import "../ui/empty-state";
import "../ui/table";
import type { NewKeyDialog } from "./new-key-dialog";
import "./new-key-dialog";

export class ApiKeysPage implements View {
  readonly element = h("div", { class: "stack", "data-testid": "api-keys" });
  readonly #keys: PagedList<ApiKeyOutput>;

  constructor(readonly context: Context) {
    this.#keys = new PagedList({
      read: () => context.api.ask("GET /api/keys"),
      changed: () => this.#draw(),
    });
    void this.#keys.read();
  }

  again() {
    void this.#keys.read();
  }

  stop() {
    this.#keys.stop();
  }

  #draw() {
    render(
      html`<section class="panel" aria-labelledby="api-keys-title">
          <header class="panel-head">
            <div>
              <h2 id="api-keys-title" tabindex="-1">${t("nav.apiKeys")}</h2>
              <p class="meta">${t("apiKey.lead")}</p>
            </div>
            <button type="button" class="button" data-testid="api-key-add" @click=${this.#add}>
              ${iconOf("plus")}${t("apiKey.add")}
            </button>
          </header>
          ${this.#list()}
        </section>
        <sc-new-key-dialog
          .api=${this.context.api}
          @added=${this.#keys.read}
        ></sc-new-key-dialog>`,
      this.element,
    );
  }

  #add = () => (this.element.querySelector("sc-new-key-dialog") as NewKeyDialog).show();

  #list() {
    const { items, failure, isLoaded } = this.#keys;
    if (failure !== null)
      return html`<sc-empty-state bad .words=${reason(failure)}></sc-empty-state>`;
    if (!isLoaded) return nothing;
    return html`<sc-table
      .label=${t("nav.apiKeys")}
      .columns=${this.#columns()}
      .rows=${items}
      .key=${(key: ApiKeyOutput) => key.id}
      .rowid=${"api-key"}
      .empty=${t("apiKey.none")}
    ></sc-table>`;
  }

  #columns(): Column<ApiKeyOutput>[] {
    return [
      { title: t("apiKey.name"), cell: nameCell },
      { title: t("apiKey.scopes"), cell: scopesCell },
      { title: t("apiKey.used"), cell: ({ used_at }) => (used_at ? when(used_at) : NONE) },
      { title: t("apiKey.expires"), cell: expiryCell },
      { title: t("apiKey.remove"), unseen: true, cell: (key) => this.#removeButton(key) },
    ];
  }

  #removeButton(key: ApiKeyOutput) {
    return html`<button
      type="button"
      class="button quiet danger"
      data-testid="api-key-remove"
      aria-label=${`${t("apiKey.remove")}: ${key.name}`}
      @click=${() => this.#remove(key)}
    >
      ${t("apiKey.remove")}
    </button>`;
  }

  async #remove({ id, name }: ApiKeyOutput) {
    const question = {
      title: t("apiKey.removeTitle", { name }),
      lead: t("apiKey.removeLead"),
      yes: t("apiKey.remove"),
      testid: "api-key-remove",
      danger: true,
    };
    if (!(await isWanted(question))) return;
    try {
      await this.context.api.ask("DELETE /api/keys/{key}", { path: { key: id } });
      this.context.say(t("apiKey.removed", { name }), "good");
    } catch (error) {
      this.context.say(reason(error), "bad");
    }
    await this.#keys.read();
    this.element.querySelector<HTMLElement>("h2")?.focus(); // the button that had the focus is gone
  }
}

const NONE = html`<span class="none">–</span>`;

function nameCell({ name, created_by, created_at }: ApiKeyOutput) {
  return html`<strong>${name}</strong>
    <span class="meta">${t("apiKey.made", { who: created_by, when: when(created_at) })}</span>`;
}

function scopesCell({ scopes }: ApiKeyOutput) {
  return html`${scopes.map((scope) => t(`scope.${scope}`)).join(", ")}`;
}

function expiryCell({ expires_at }: ApiKeyOutput) {
  if (expires_at === null) return t("apiKey.never");
  const day = new Date(expires_at).toLocaleDateString(language(), { dateStyle: "medium" });
  const isOver = Date.parse(expires_at) <= now();
  return isOver ? html`<span class="bad">${t("apiKey.expired", { day })}</span>` : day;
}
