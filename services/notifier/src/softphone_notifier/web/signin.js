// The sign-in page. It remembers the company and the login, never the password.
/** @import { Session } from "./session.js" */
/** @import { View } from "./types.js" */

import { ApiError, reason } from "./api.js";
import { field, h, setText } from "./dom.js";
import { t } from "./messages.js";
import { recall } from "./storage.js";

/** @implements {View} */
export class SignIn {
  tenant = input("tenant", { autocomplete: "organization", value: recall("tenant") ?? "" });
  login = input("login", { autocomplete: "username", value: recall("login") ?? "" });
  password = input("password", { autocomplete: "current-password", type: "password" });
  button = h("button", { class: "button wide", "data-testid": "submit" }, t("signin.submit"));
  note = h("p", { class: "note", role: "alert", "data-testid": "signin-note" });

  /**
   * @param {Session} session
   * @param {"expired" | "revoked" | "out" | null} why the reason the last session ended
   * @param {Node} languages
   */
  constructor(session, why, languages) {
    this.session = session;
    if (why) this.#say(t(`signin.${why}`), why !== "out");
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void this.#submit();
    };
    const form = h(
      "form",
      { class: "signin-form", onsubmit: submit },
      field(t("signin.tenant"), this.tenant),
      field(t("signin.login"), this.login),
      field(t("signin.password"), this.password),
      this.note,
      this.button,
    );
    const card = h(
      "div",
      { class: "signin-card" },
      h("img", { class: "logo", src: "/web/logo.svg", alt: "", width: 44, height: 44 }),
      h("h1", {}, t("product")),
      h("p", { class: "meta" }, t("signin.lead")),
      form,
    );
    this.element = h("main", { class: "signin", id: "content" }, card, languages);
    const first = this.tenant.value && this.login.value ? this.password : this.tenant;
    queueMicrotask(() => first.focus()); // after the element was added to the page
  }

  /** @param {string} words @param {boolean} bad */
  #say(words, bad) {
    setText(this.note, words);
    this.note.classList.toggle("bad", bad);
  }

  async #submit() {
    const { tenant, login, password, button } = this;
    if (button.disabled) return;
    button.disabled = true;
    setText(button, t("signin.busy"));
    try {
      await this.session.signIn(tenant.value.trim(), login.value.trim(), password.value);
    } catch (error) {
      const wrong = error instanceof ApiError && [401, 403, 404, 422].includes(error.status);
      this.#say(wrong ? t("signin.wrong") : reason(error), true);
      password.select();
    } finally {
      button.disabled = false;
      setText(button, t("signin.submit"));
    }
  }
}

/**
 * @param {string} name
 * @param {Record<string, string>} props
 */
function input(name, props) {
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
