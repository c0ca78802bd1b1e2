// The page that creates a tenant with its activation code and its first administrator.

import { html, nothing, render } from "lit";
import { live } from "lit/directives/live.js";
import "../ui/form-field";
import type { Context } from "../calls/context";
import { address } from "../core/place";
import { ApiError } from "../core/request";
import type { View } from "../core/view";
import { copyable } from "../dom/copy";
import { language, t } from "../i18n/messages";
import { fieldText, problemText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import type { ControlAttributes } from "../ui/form-field";
import { codeField } from "./code-field";
import { tenantId } from "./tenant-id";
import { TenantListApi } from "./tenant-list-api";

type Field = "name" | "id" | "activation_code" | "admin" | "login" | "password";
/** The result that the page shows; `url` is null for an administrator with a password. */
interface Made {
  id: string;
  login: string;
  url: string | null;
  until: string | null;
}

export class NewTenant implements View {
  readonly api: TenantListApi;
  readonly element = document.createElement("section");
  #values: Record<Field, string> = {
    name: "",
    id: "",
    activation_code: "",
    admin: "",
    login: "",
    password: "",
  };
  /** Whether the id follows the name, until somebody writes one. */
  #proposesId = true;
  #invites = true;
  #problems: Partial<Record<Field, string>> = {};
  #note = "";
  #busy = false;
  /** The id of the tenant and of the user that exist already, after a failure half way. */
  #tenant = "";
  #user = "";
  #made: Made | null = null;

  constructor(readonly context: Context) {
    this.api = new TenantListApi(context.api);
    this.element.className = "panel";
    this.element.setAttribute("aria-labelledby", "new-tenant-title");
    this.element.dataset.testid = "new-tenant";
    this.#draw();
  }

  #draw() {
    render(
      html`<a class="back" href=${address("tenants")}>${t("tenants.back")}</a>
        <header class="panel-head">
          <div>
            <h2 id="new-tenant-title" tabindex="-1">
              ${this.#made ? t("tenants.made", { name: this.#values.name }) : t("tenants.add")}
            </h2>
            <p class="meta">${t(this.#made ? "tenants.madeLead" : "tenants.addLead")}</p>
          </div>
        </header>
        <div class="panel-body">${this.#made ? this.#result(this.#made) : this.#form()}</div>`,
      this.element,
    );
  }

  #form() {
    const isMade = this.#tenant !== "";
    return html`<form class="form" novalidate @submit=${this.#onSubmit}>
      <fieldset class="form-part" ?disabled=${isMade}>
        <legend>${t("tenants.company")}</legend>
        <div class="form-grid">
          ${this.#field("name", "tenants.name", "tenants.nameHint", 100)}
          ${this.#field("id", "tenants.id", "tenants.idHint", 40)}
          ${this.#codeField()}
        </div>
      </fieldset>
      <fieldset class="form-part" ?disabled=${this.#user !== ""}>
        <legend>${t("tenants.administrator")}</legend>
        <div class="form-grid">
          ${this.#field("admin", "tenants.adminName", "", 100)}
          ${this.#field("login", "signin.login", "", 100)}
        </div>
        <div class="choices" role="radiogroup" aria-label=${t("tenants.access")}>
          ${this.#choice(true, "tenants.byLink", "tenants.byLinkHint")}
          ${this.#choice(false, "tenants.byPassword", "tenants.byPasswordHint")}
        </div>
        ${
          this.#invites
            ? nothing
            : html`<div class="form-grid">
              ${this.#field("password", "signin.password", "tenants.passwordHint", 200)}
            </div>`
        }
      </fieldset>
      <div class="form-foot">
        <button class="button" data-testid="tenant-save" ?disabled=${this.#busy}>
          ${t(isMade ? "tenants.addAdmin" : "tenants.create")}
        </button>
        <p class="note ${this.#note ? "bad" : ""}" role="status" data-testid="tenant-note">
          ${this.#note}
        </p>
      </div>
    </form>`;
  }

  #field(
    name: Exclude<Field, "activation_code">,
    label: Parameters<typeof t>[0],
    hint: Parameters<typeof t>[0] | "",
    maxlength: number,
  ) {
    const isSecret = name === "password";
    const control = ({ id, describedby, invalid }: ControlAttributes) => html`<input
      id=${id}
      aria-describedby=${describedby}
      aria-invalid=${invalid}
      type=${isSecret ? "password" : "text"}
      autocomplete=${isSecret ? "new-password" : "off"}
      maxlength=${maxlength}
      data-field=${name}
      data-testid="tenant-${name}"
      .value=${live(this.#values[name])}
      @input=${(event: Event) => this.#put(name, (event.target as HTMLInputElement).value)}
    />`;
    return html`<sc-form-field
      label=${t(label)}
      hint=${hint ? t(hint) : ""}
      problem=${this.#problems[name] ?? ""}
      .control=${control}
    ></sc-form-field>`;
  }

  #codeField() {
    return codeField({
      hint: t("tenants.codeLater"),
      problem: this.#problems.activation_code ?? "",
      testid: "tenant-activation_code",
      rows: 3,
      value: this.#values.activation_code,
      typed: (value) => this.#put("activation_code", value),
    });
  }

  #choice(invites: boolean, label: Parameters<typeof t>[0], hint: Parameters<typeof t>[0]) {
    const choose = () => {
      this.#invites = invites;
      this.#draw();
    };
    return html`<label class="choice">
      <input
        type="radio"
        name="access"
        data-testid=${invites ? "tenant-by-link" : "tenant-by-password"}
        .checked=${live(this.#invites === invites)}
        @change=${choose}
      />
      <span>
        <span class="choice-title">${t(label)}</span>
        <span class="meta">${t(hint)}</span>
      </span>
    </label>`;
  }

  #put(field: Field, value: string) {
    this.#values[field] = value;
    if (field === "id") this.#proposesId = value === "";
    if (field === "name" && this.#proposesId) this.#values.id = tenantId(value);
    delete this.#problems[field];
    this.#draw();
  }

  #onSubmit = (event: Event) => {
    event.preventDefault();
    if (!this.#busy) void this.#create();
  };

  /** Makes what does not exist yet, so that a form that failed half way can be sent again. */
  async #create() {
    const { name, id, activation_code, login, admin, password } = this.#values;
    this.#problems = this.#missing();
    this.#note = "";
    if (Object.keys(this.#problems).length > 0) return this.#showProblems();
    this.#busy = true;
    this.#draw();
    try {
      const code = activation_code.trim();
      if (!this.#tenant) {
        const body = { name: name.trim(), ...(code ? { activation_code: code } : {}) };
        await this.api.create(id.trim(), body);
        this.#tenant = id.trim();
      }
      const secret = this.#invites ? null : password;
      const added = this.#user
        ? this.#user
        : (await this.api.addAdministrator(this.#tenant, login.trim(), admin.trim(), secret)).id;
      this.#user = added;
      const invitation = this.#invites ? await this.api.invite(this.#tenant, added) : null;
      this.#made = {
        id: this.#tenant,
        login: login.trim(),
        url: invitation?.url ?? null,
        until: invitation?.expires_at ?? null,
      };
    } catch (error) {
      this.#fail(error);
    }
    this.#busy = false;
    if (this.#made) this.#showResult();
    else this.#showProblems();
  }

  #missing() {
    const needed: Field[] = [
      "name",
      "id",
      "login",
      ...(this.#invites ? [] : ["password" as const]),
    ];
    const empty = needed.filter((field) => !this.#values[field].trim());
    return Object.fromEntries(empty.map((field) => [field, t("form.missing")]));
  }

  #fail(error: unknown) {
    const isTenant = this.#tenant === "";
    const problem = error instanceof ApiError ? error.problem : {};
    const problems = problem.errors ?? [];
    for (const each of problems) {
      const field = fieldOf(each.field, isTenant);
      if (field) this.#problems[field] = fieldText(each);
    }
    if (problem.code === "tenant-exists") {
      this.#problems.id = problemText(problem.code, problem.params, "");
    }
    if (Object.keys(this.#problems).length > 0) return;
    const why = reason(error);
    this.#note = isTenant ? why : t("tenants.half", { why });
  }

  /** Moves the focus to the first field with a problem. */
  async #showProblems() {
    this.#draw();
    const [first] = ORDER.filter((field) => this.#problems[field]);
    await Promise.resolve();
    this.element.querySelector<HTMLElement>(`[data-field=${first ?? "none"}]`)?.focus();
  }

  #showResult() {
    this.#draw();
    this.element.querySelector<HTMLElement>("h2")?.focus();
  }

  #result({ id, login, url, until }: Made) {
    const texts: [string, string, string][] = [
      ["made-address", t("tenants.address"), location.origin],
      ["made-tenant", t("tenants.id"), id],
      ["made-login", t("signin.login"), login],
    ];
    return html`<div class="made" data-testid="tenant-made">
      ${url === null ? nothing : this.#link(url, until)}
      ${texts.map(
        ([testid, label, text]) => html`<div class="field">
          <span class="field-label">${label}</span>${copyable(text, { label, testid })}
        </div>`,
      )}
      <a class="button" href=${address("tenants")} data-testid="made-done">${t("tenants.toList")}</a>
    </div>`;
  }

  #link(url: string, until: string | null) {
    const label = t("tenants.link");
    const date = until && new Date(until).toLocaleString(language(), LINK_UNTIL);
    return html`<div class="field">
      <span class="field-label">${label}</span>
      ${copyable(url, { label, testid: "made-link" })}
      <p class="hint">${t("tenants.linkHint", { date: date ?? "" })}</p>
    </div>`;
  }
}

const LINK_UNTIL = { dateStyle: "medium", timeStyle: "short" } as const;
const ORDER: readonly Field[] = ["name", "id", "activation_code", "admin", "login", "password"];

/** The field of the form for one of the requests; null for a field the form does not have. */
function fieldOf(name: string, isTenant: boolean): Field | null {
  if (isTenant && name === "tenant") return "id";
  if (!isTenant && name === "name") return "admin";
  return ORDER.find((field) => field === name) ?? null;
}
