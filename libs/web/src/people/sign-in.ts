// The sign-in page. It remembers the company and the login, never the password.

import logo from "../../assets/logo.svg";
import { ApiError, send } from "../core/request";
import type { EndReason, Session } from "../core/session";
import { PROVIDER_START, providerName } from "../core/session-api";
import { recall } from "../core/storage";
import type { View } from "../core/view";
import { h, setText } from "../dom/dom";
import { field } from "../dom/field";
import { icon } from "../dom/icon";
import { t } from "../i18n/messages";
import { problemText } from "../i18n/problems";
import { reason } from "../i18n/reason";
import { type Arrival, rememberPlace } from "./arrival";

const WRONG = [401, 403, 404, 422];
/** Problems after the right password, which have sentences of their own. */
const OWN_WORDS = ["tenant-switched-off", "user-locked", "second-factor-wrong"];

export class SignIn implements View {
  tenant = input("tenant", { autocomplete: "organization", value: tenantOf() });
  login = input("login", { autocomplete: "username", value: recall("login") ?? "" });
  password = input("password", { autocomplete: "current-password", type: "password" });
  code = input("code", { autocomplete: "one-time-code", inputmode: "numeric" });
  button = h("button", { class: "button wide", "data-testid": "submit" }, t("signin.submit"));
  note = h("p", { class: "note", role: "alert", "data-testid": "signin-note" });
  /** The fields of the first step, and those of the second, one of which is shown. */
  readonly #first: HTMLElement;
  readonly #second: HTMLElement;
  /** Leads from the second step to the first. */
  readonly #back: HTMLElement;
  readonly #forgotten = forgotten();

  readonly element: HTMLElement;

  /** Shows why the last session ended or why a sign-in at the provider failed, if one did. */
  constructor(
    readonly session: Session,
    why: EndReason | null,
    failed: Arrival | null,
    languages: Node,
  ) {
    if (why) this.#say(t(`signin.${why}`), why !== "out");
    else if (failed) this.#say(problemText(failed.code, failed.params, t("signin.failed")), true);
    const submit = (event: Event) => {
      event.preventDefault();
      void this.#submit();
    };
    this.#first = h(
      "div",
      { class: "signin-step" },
      field(t("signin.tenant"), this.tenant),
      field(t("signin.login"), this.login),
      this.#passwordField(),
    );
    this.#second = this.#codeStep();
    this.#back = this.#backButton();
    const form = h(
      "form",
      { class: "signin-form", onsubmit: submit },
      this.#first,
      this.#second,
      this.note,
      this.button,
      this.#back,
      this.#forgotten,
    );
    const card = h(
      "div",
      { class: "signin-card" },
      h("img", { class: "logo", src: logo, alt: "", width: 44, height: 44 }),
      h("h1", {}, t("product")),
      h("p", { class: "meta" }, t("signin.lead")),
      form,
    );
    this.element = h("main", { class: "signin", id: "content" }, card, languages);
    this.#ask(false);
    const first = this.tenant.value && this.login.value ? this.password : this.tenant;
    queueMicrotask(() => first.focus()); // after the element was added to the page
    void this.#offerProvider(form);
    if (recall("tenant") === null) void offerSetup();
  }

  /** Adds the way to the provider, if there is one. Without an answer passwords still work. */
  async #offerProvider(form: HTMLFormElement) {
    const name = await providerName().catch(() => null);
    if (name === null) return;
    const link = h(
      "a",
      {
        class: "button quiet wide",
        href: PROVIDER_START,
        onclick: rememberPlace,
        "data-testid": "signin-provider",
      },
      t("signin.provider", { name }),
    );
    form.after(h("p", { class: "signin-or" }, t("signin.or")), link);
  }

  #passwordField() {
    this.password.id = "signin-password";
    const show = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": t("form.showPassword"),
        title: t("form.showPassword"),
        "aria-pressed": "false",
        "data-testid": "show-password",
        onclick: () => {
          const isShown = this.password.type === "password";
          this.password.type = isShown ? "text" : "password";
          show.setAttribute("aria-pressed", String(isShown));
        },
      },
      icon("eye"),
    );
    return h(
      "div",
      { class: "field" },
      h("label", { class: "field-label", for: this.password.id }, t("signin.password")),
      h("span", { class: "password" }, this.password, show),
    );
  }

  #codeStep() {
    return h(
      "div",
      { class: "signin-step" },
      field(t("signin.code"), this.code),
      h("p", { class: "hint" }, t("signin.code.hint")),
    );
  }

  #backButton() {
    const onclick = () => {
      this.#say("", false);
      this.#ask(false);
      this.password.select();
    };
    const props = {
      type: "button",
      class: "button quiet wide",
      "data-testid": "code-back",
      onclick,
    };
    return h("button", props, t("signin.code.back"));
  }

  /** Asks for a code, or for the password. */
  #ask(code: boolean) {
    this.#first.hidden = code;
    this.#second.hidden = this.#back.hidden = !code;
    this.#forgotten.hidden = code;
    this.code.required = code;
    this.code.value = "";
  }

  #say(words: string, bad: boolean) {
    setText(this.note, words);
    this.note.classList.toggle("bad", bad);
  }

  async #submit() {
    const { tenant, login, password, code, button } = this;
    if (button.disabled) return;
    button.disabled = true;
    setText(button, t("signin.busy"));
    const names = [tenant.value.trim(), login.value.trim()] as const;
    try {
      await this.session.signIn(...names, password.value, code.value.trim());
    } catch (error) {
      this.#fail(error);
    } finally {
      button.disabled = false;
      setText(button, t("signin.submit"));
    }
  }

  #fail(error: unknown) {
    const known = error instanceof ApiError ? (error.problem.code ?? "") : "";
    if (known === "second-factor-required") {
      this.#say("", false);
      this.#ask(true);
      this.code.focus();
      return;
    }
    const isWrong = error instanceof ApiError && WRONG.includes(error.status);
    const words = isWrong && !OWN_WORDS.includes(known) ? t("signin.wrong") : reason(error);
    this.#say(known === "second-factor-wrong" ? t("signin.code.wrong") : words, true);
    if (this.#second.hidden) this.password.select();
    else this.code.select();
  }
}

/** The company of the address, which an administrator may hand out, else the last one. */
function tenantOf() {
  return new URLSearchParams(location.search).get("tenant") ?? recall("tenant") ?? "";
}

/** Leads to the first start if nobody has set this installation up. */
async function offerSetup() {
  const { needed } = await send("GET /api/setup", {}).catch(() => ({ needed: false }));
  if (needed) location.replace("/setup");
}

function forgotten() {
  return h(
    "details",
    { class: "forgotten", "data-testid": "forgotten" },
    h("summary", {}, t("signin.forgotten")),
    h("p", { class: "meta" }, t("signin.forgotten.lead")),
  );
}

function input(name: string, props: Record<string, string>) {
  return h("input", {
    name,
    required: true,
    maxlength: 200,
    autocapitalize: "none",
    spellcheck: "false",
    "data-testid": name,
    ...props,
  });
}
