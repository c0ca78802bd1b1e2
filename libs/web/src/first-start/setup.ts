// The first start of an installation: the company, its administrator and the activation on one page.

import { html, render, type TemplateResult } from "lit";
import logo from "../../assets/logo.svg";
import { companyFields, companyOf } from "../company/company-form";
import { countries, timeZones } from "../company/country";
import { address, NEW } from "../core/place";
import type { Session } from "../core/session";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { areaField, passwordField, textField } from "../forms/fields";
import { FieldError } from "../forms/form";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { loginFor } from "../people/person-form";
import "../forms/form";
import { SetUp, setupState } from "./setup-api";

export class SetupPage implements View {
  readonly element = h("main", {
    class: "signin first-start",
    id: "content",
    "data-testid": "setup",
  });
  readonly #setUp = new SetUp();
  readonly #code: string;

  constructor(readonly options: { session: Session; languages: Node }) {
    this.#code = decodeURIComponent(location.hash.slice(1));
    this.#draw(html`<p class="empty" role="status">${t("loading")}</p>`);
    void this.#read();
  }

  #draw(content: TemplateResult) {
    render(
      html`<div class="signin-card">
          <img class="logo" src=${logo} alt="" width="44" height="44" />
          <h1>${t("setup.title")}</h1>
          ${content}
        </div>
        ${this.options.languages}`,
      this.element,
    );
  }

  async #read() {
    try {
      const { needed, available } = await setupState();
      if (!needed) this.#draw(toSignIn(t("setup.done")));
      else if (!available) this.#draw(html`<p role="status">${t("setup.noCode")}</p>`);
      else this.#draw(this.#form());
    } catch (error) {
      this.#draw(html`<p class="note bad" role="alert">${reason(error)}</p>`);
    }
  }

  #form() {
    return html`<p class="meta">${t("setup.lead")}</p>
      <sc-form
        class="signin-form"
        .words=${t("setup.submit")}
        .content=${fields(this.#code)}
        .work=${(values: Values) => this.#submit(values)}
        @input=${this.#suggest}
      ></sc-form>`;
  }

  /** Suggests the company's id by its name, and the login by that of the person. */
  #suggest = (event: Event) => {
    const input = event.target as HTMLInputElement;
    input.dataset.own = "yes";
    const other = { name: "id", person: "login" }[input.name];
    const suggested = other && this.element.querySelector<HTMLInputElement>(`input[name=${other}]`);
    if (!suggested || suggested.dataset.own) return;
    const words = loginFor(input.value);
    suggested.value = other === "id" ? words.replaceAll(".", "-").slice(0, 40) : words;
  };

  async #submit(values: Values) {
    const password = values.raw("password");
    if (password !== values.raw("repeated"))
      throw new FieldError("repeated", t("password.differs"));
    const login = values.of("login");
    const company = { ...companyOf(values), id: values.of("id") };
    const activation = values.of("activation_code").replace(/\s/g, "");
    const person = { name: values.of("person"), login, password };
    await this.#setUp.run({ code: values.of("code"), company, person, activation });
    history.replaceState(null, "", `/${address("phones", NEW)}`);
    await this.options.session.signIn(company.id, login, password);
    return "";
  }
}

function fields(code: string) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = timeZones();
  const region = new Intl.Locale(navigator.language).region ?? "DE";
  const company = { name: "", region, time_zone: zones.includes(zone) ? zone : "Europe/Berlin" };
  return html`
    ${textField({
      name: "code",
      label: t("setup.code"),
      hint: t("setup.code.hint"),
      layout: "wide",
      value: code,
      required: true,
      maxlength: 1000,
    })}
    <h2 class="field-wide">${t("setup.company")}</h2>
    ${companyFields(company, { regions: countries(), zones })}
    ${textField({
      name: "id",
      label: t("signin.tenant"),
      hint: t("setup.id.hint"),
      required: true,
      maxlength: 40,
    })}
    <h2 class="field-wide">${t("setup.person")}</h2>
    ${textField({
      name: "person",
      label: t("person.name"),
      required: true,
      maxlength: 100,
      autocomplete: "name",
    })}
    ${textField({
      name: "login",
      label: t("person.login"),
      required: true,
      maxlength: 100,
      autocomplete: "username",
    })}
    ${passwordField({
      name: "password",
      label: t("signin.password"),
      hint: t("password.hint"),
      autocomplete: "new-password",
    })}
    ${passwordField({
      name: "repeated",
      label: t("setup.repeat"),
      autocomplete: "new-password",
    })}
    <p class="meta field-wide">${t("setup.operator")}</p>
    <details class="field-wide">
      <summary>${t("setup.activation")}</summary>
      ${areaField({ name: "activation_code", label: t("activation.code"), hint: t("setup.activation.hint"), code: true })}
    </details>
  `;
}

function toSignIn(words: string) {
  return html`<p role="status" data-testid="setup-done">${words}</p>
    <a class="button wide" href="/">${t("accept.signIn")}</a>`;
}
