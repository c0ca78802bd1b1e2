// All tenants of the installation for operators: search, activation codes, switching off and on.

import { html, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "../ui/dialog";
import "../ui/pill";
import type { Context } from "../calls/context";
import { address, keepFilter, NEW, placeFilter } from "../core/place";
import { ApiError } from "../core/request";
import type { ListedTenant, TenantState } from "../core/types";
import type { View } from "../core/view";
import { filterForm, filterSearch, filterSelect } from "../forms/filter";
import { counted, language, t } from "../i18n/messages";
import { fieldText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import type { Dialog } from "../ui/dialog";
import { iconOf } from "../ui/icon";
import { PagedList, pagedRows } from "../ui/paged-list";
import { codeField } from "./code-field";
import { type TenantFilter, TenantListApi } from "./tenant-list-api";

const TYPING_MILLIS = 350;
const STATES: readonly TenantState[] = ["active", "no-code", "expired", "switched-off"];
const ALL: TenantFilter = { q: "", state: "" };
const PILLS = { active: "accepted", "no-code": "ringing", expired: "refused", "switched-off": "" };
const ICONS = {
  active: "ended",
  "no-code": "bell",
  expired: "missed",
  "switched-off": "close",
};

export class TenantList implements View {
  readonly api: TenantListApi;
  readonly element = document.createElement("div");
  #filter = filterOfAddress();
  readonly #list: PagedList<ListedTenant>;
  #typing = 0;
  /** The tenant that the open dialog is about. */
  #about: ListedTenant | null = null;
  #problem = "";
  #busy = false;

  constructor(readonly context: Context) {
    this.api = new TenantListApi(context.api);
    this.#list = new PagedList<ListedTenant>({
      read: (cursor) => this.api.list(this.#filter, cursor),
      changed: () => this.#draw(),
    });
    void this.#list.read();
  }

  again() {
    void this.#list.read();
  }

  stop() {
    window.clearTimeout(this.#typing);
    this.#list.stop();
  }

  #choose(filter: Partial<TenantFilter>, pause: number) {
    this.#filter = { ...this.#filter, ...filter };
    window.clearTimeout(this.#typing);
    this.#typing = window.setTimeout(() => this.#find(), pause);
  }

  #find() {
    keepFilter("tenants", this.#filter, ALL);
    void this.#list.read();
  }

  #draw() {
    render(
      html`<section class="panel" aria-labelledby="tenants-title" data-testid="tenants">
          <header class="panel-head">
            <div>
              <h2 id="tenants-title">${t("tenants.title")}</h2>
              <p class="meta">${t("tenants.lead")}</p>
            </div>
            <a class="button" href=${address("tenants", NEW)} data-testid="tenant-add">
              ${iconOf("plus")}${t("tenants.add")}
            </a>
          </header>
          ${this.#filterForm()}
          ${pagedRows(this.#list, this.#words, (tenants) => this.#rows(tenants))}
        </section>
        ${this.#codeDialog()} ${this.#switchDialog()}`,
      this.element,
    );
  }

  #filterForm() {
    const { q, state } = this.#filter;
    return filterForm(
      html`${filterSearch({
        label: t("tenants.search"),
        testid: "tenants-search",
        value: q,
        typed: (text) => this.#choose({ q: text }, TYPING_MILLIS),
      })}
      ${filterSelect({
        label: t("letter.state"),
        testid: "tenants-state",
        value: state,
        options: STATES.map((each) => [each, t(`tenants.${each}`)] as const),
        chosen: (value) => this.#choose({ state: value as TenantFilter["state"] }, 0),
      })}`,
      "list-filter",
    );
  }

  get #words() {
    const { q, state } = this.#filter;
    return {
      loading: t("loading"),
      empty: t(q || state ? "tenants.noneSuch" : "tenants.none"),
      failed: (error: unknown) => t("tenants.failed", { why: reason(error) }),
      more: t("tenants.more"),
      retry: t("history.retry"),
    };
  }

  #rows(tenants: readonly ListedTenant[]) {
    return html`<ul class="tenant-list">
      ${repeat(
        tenants,
        ({ id }) => id,
        (tenant) => this.#item(tenant),
      )}
    </ul>`;
  }

  #item(tenant: ListedTenant) {
    const { id, name, state, seats, expires_at } = tenant;
    const isOff = state === "switched-off";
    const facts = [
      seats === null ? "" : counted("tenants.seats", seats),
      expires_at === null ? "" : t("tenants.until", { date: dateText(expires_at) }),
      tenant.time_zone,
    ];
    return html`<li class="tenant" data-testid="tenant-row" data-tenant=${id} data-state=${state}>
      <div class="who">
        <span class="who-name">${name}</span>
        <span class="meta tenant-id">${id}</span>
      </div>
      <sc-pill state=${PILLS[state]} icon=${ICONS[state]} words=${t(`tenants.${state}`)}></sc-pill>
      <span class="meta tenant-facts">${facts.filter(Boolean).join(" · ")}</span>
      <div class="tenant-actions">
        <button
          type="button"
          class="button quiet"
          data-testid="tenant-code"
          aria-label=${`${t("tenants.code")}: ${name}`}
          @click=${() => this.#ask(tenant, "code")}
        >
          ${t("tenants.code")}
        </button>
        <button
          type="button"
          class="button quiet ${isOff ? "" : "danger"}"
          data-testid="tenant-switch"
          aria-label=${`${t(isOff ? "tenants.on" : "tenants.off")}: ${name}`}
          @click=${() => this.#ask(tenant, "switch")}
        >
          ${t(isOff ? "tenants.on" : "tenants.off")}
        </button>
      </div>
    </li>`;
  }

  #dialog(name: "code" | "switch") {
    return this.element.querySelector<Dialog>(`sc-dialog[data-name=${name}]`);
  }

  #ask(tenant: ListedTenant, name: "code" | "switch") {
    this.#about = tenant;
    this.#problem = "";
    this.#draw();
    void this.#dialog(name)?.show();
  }

  #codeDialog() {
    const name = this.#about?.name ?? "";
    const content = html`<form id="tenant-code-form" @submit=${(event: Event) => {
      event.preventDefault();
      const code = this.#dialog("code")?.querySelector("textarea")?.value ?? "";
      void this.#change("code", { activation_code: code.trim() });
    }}>
      ${codeField({
        hint: t("tenants.codeHint"),
        problem: this.#problem,
        testid: "tenant-code-text",
        rows: 4,
      })}
    </form>`;
    const actions = html`
      <button type="button" class="button quiet" @click=${() => this.#dialog("code")?.close()}>
        ${t("confirm.no")}
      </button>
      <button
        class="button"
        form="tenant-code-form"
        data-testid="tenant-code-save"
        ?disabled=${this.#busy}
      >
        ${t("form.save")}
      </button>
    `;
    return html`<sc-dialog
      data-name="code"
      heading=${t("tenants.codeTitle", { name })}
      .content=${content}
      .actions=${actions}
      @closed=${() => {
        const field = this.#dialog("code")?.querySelector("textarea");
        if (field) field.value = "";
      }}
    ></sc-dialog>`;
  }

  #switchDialog() {
    const isOff = this.#about?.state === "switched-off";
    const name = this.#about?.name ?? "";
    const content = html`
      <p>${t(isOff ? "tenants.onSure" : "tenants.offSure")}</p>
      <p class="note bad" role="alert" ?hidden=${!this.#problem}>${this.#problem}</p>
    `;
    const actions = html`
      <button type="button" class="button quiet" @click=${() => this.#dialog("switch")?.close()}>
        ${t("confirm.no")}
      </button>
      <button
        type="button"
        class="button ${isOff ? "" : "danger"}"
        data-testid="tenant-switch-yes"
        ?disabled=${this.#busy}
        @click=${() => this.#change("switch", { active: isOff })}
      >
        ${t(isOff ? "tenants.on" : "tenants.off")}
      </button>
    `;
    return html`<sc-dialog
      data-name="switch"
      heading=${t(isOff ? "tenants.onTitle" : "tenants.offTitle", { name })}
      .content=${content}
      .actions=${actions}
    ></sc-dialog>`;
  }

  async #change(name: "code" | "switch", changes: { active?: boolean; activation_code?: string }) {
    const about = this.#about;
    if (about === null || this.#busy) return;
    if (changes.activation_code === "") {
      this.#problem = t("form.missing");
      return this.#draw();
    }
    this.#busy = true;
    this.#problem = "";
    this.#draw();
    try {
      const now = await this.api.change(about.id, changes);
      const { activation, ...rest } = now;
      const codes = {
        seats: activation?.seats ?? null,
        expires_at: activation?.expires_at ?? null,
      };
      const fresh = { ...about, ...codes, name: rest.name, state: rest.state };
      this.#list.replace(about, fresh);
      this.#about = fresh;
      this.#dialog(name)?.close();
      this.context.say(t("form.saved"), "good");
    } catch (error) {
      const first = error instanceof ApiError ? error.problem.errors?.[0] : undefined;
      this.#problem = first ? fieldText(first) : reason(error);
    }
    this.#busy = false;
    this.#draw();
  }
}

function dateText(time: string) {
  return new Date(time).toLocaleDateString(language(), { dateStyle: "medium" });
}

function filterOfAddress(): TenantFilter {
  const { q, state } = placeFilter(ALL);
  return { q, state: STATES.find((each) => each === state) ?? "" };
}
