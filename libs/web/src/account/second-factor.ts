// Two-step sign-in: set up with an authenticator app, recovery codes, removal.

import { html, render, type TemplateResult } from "lit";
import type { EnrolmentOutput, SecondFactorOutput } from "../api/notifier";
import type { Context } from "../calls/context";
import { copyable } from "../dom/copy";
import { h } from "../dom/dom";
import { passwordField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { counted, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import "../forms/form";
import "../ui/card";
import { qrCode } from "./qr";

const GROUP = 4;

/** The steps of the set-up, and what is shown when nothing is under way. */
type Step =
  | { name: "state" }
  | { name: "password" }
  | { name: "confirm"; enrolment: EnrolmentOutput }
  | { name: "codes"; codes: string[] }
  | { name: "remove" };

export class SecondFactor {
  readonly element = h("div", { "data-testid": "second-factor" });
  #state: SecondFactorOutput | null = null;
  #step: Step = { name: "state" };
  #failure = "";

  constructor(readonly context: Context) {
    void this.#read();
  }

  async #read() {
    try {
      this.#state = await this.context.api.ask("GET /api/me/second-factor");
      this.#failure = "";
    } catch (error) {
      this.#failure = reason(error);
    }
    this.#draw();
  }

  #go(step: Step) {
    this.#step = step;
    this.#draw();
  }

  #draw() {
    render(
      html`<sc-card
        .heading=${t("factor.title")}
        .lead=${t("factor.lead")}
        .content=${this.#content()}
      ></sc-card>`,
      this.element,
    );
  }

  #content(): TemplateResult {
    if (this.#failure) return html`<p class="note bad" role="alert">${this.#failure}</p>`;
    if (this.#state === null) return html`<p class="meta" role="status">${t("loading")}</p>`;
    const step = this.#step;
    if (step.name === "password") return this.#askPassword();
    if (step.name === "confirm") return this.#confirm(step.enrolment);
    if (step.name === "codes") return this.#codes(step.codes);
    if (step.name === "remove") return this.#remove();
    return this.#overview(this.#state);
  }

  #overview({ enabled, recovery_codes_left: left }: SecondFactorOutput) {
    const action = enabled
      ? html`<button type="button" class="button quiet danger" data-testid="factor-remove" @click=${() => this.#go({ name: "remove" })}>${t("factor.remove")}</button>`
      : html`<button type="button" class="button" data-testid="factor-begin" @click=${() => this.#go({ name: "password" })}>${t("factor.begin")}</button>`;
    const words = enabled ? counted("factor.left", left) : t("factor.off");
    return html`<div class="action">
      <div>
        <h3 data-testid="factor-state">${t(enabled ? "factor.on" : "factor.isOff")}</h3>
        <p class="meta">${words}</p>
      </div>
      ${action}
    </div>`;
  }

  #cancel() {
    return html`<button type="button" class="button quiet" @click=${() => this.#go({ name: "state" })}>${t("confirm.no")}</button>`;
  }

  #password() {
    return passwordField({
      name: "password",
      label: t("password.current"),
      hint: t("factor.password"),
      autocomplete: "current-password",
    });
  }

  #askPassword() {
    const begin = async (values: Values) => {
      const body = { password: values.raw("password") };
      const enrolment = await this.context.api.ask("POST /api/me/second-factor", { body });
      this.#go({ name: "confirm", enrolment });
      return "";
    };
    return html`<sc-form
      .words=${t("factor.next")}
      .content=${this.#password()}
      .actions=${this.#cancel()}
      .work=${begin}
    ></sc-form>`;
  }

  #confirm({ secret, url }: EnrolmentOutput) {
    const spelled = secret.match(new RegExp(`.{1,${GROUP}}`, "g"))?.join(" ") ?? secret;
    const confirm = async (values: Values) => {
      const body = { code: values.of("code") };
      const answer = await this.context.api.ask("POST /api/me/second-factor/confirm", { body });
      this.#go({ name: "codes", codes: answer.recovery_codes });
      return "";
    };
    return html`<div class="factor-setup">
      ${qrCode(url, t("factor.qr"))}
      <div class="stack">
        <ol class="steps">
          <li>${t("factor.step.scan")}</li>
          <li>${t("factor.step.code")}</li>
        </ol>
        <details>
          <summary>${t("factor.byHand")}</summary>
          <p class="code" data-testid="factor-secret">${spelled}</p>
        </details>
        <sc-form
          data-testid="factor-confirm"
          .words=${t("factor.confirm")}
          .content=${codeField()}
          .actions=${this.#cancel()}
          .work=${confirm}
        ></sc-form>
      </div>
    </div>`;
  }

  #codes(codes: string[]) {
    const done = () => {
      this.#go({ name: "state" });
      void this.#read();
    };
    return html`<div class="recovery stack" data-testid="recovery">
      <div>
        <h3>${t("recovery.title")}</h3>
        <p class="meta">${t("recovery.lead")}</p>
      </div>
      ${copyable(codes.join("\n"), { label: t("recovery.title"), testid: "recovery" })}
      <div class="form-foot">
        <button type="button" class="button" data-testid="recovery-done" @click=${done}>${t("recovery.done")}</button>
        <button type="button" class="button quiet" @click=${() => window.print()}>${t("recovery.print")}</button>
      </div>
    </div>`;
  }

  #remove() {
    const remove = async (values: Values) => {
      const body = { password: values.raw("password") };
      await this.context.api.ask("POST /api/me/second-factor/remove", { body });
      this.#go({ name: "state" });
      await this.#read();
      return "";
    };
    return html`<sc-form
      .words=${t("factor.remove")}
      .content=${this.#password()}
      .actions=${this.#cancel()}
      .work=${remove}
    ></sc-form>`;
  }
}

/** The field of a code, which phones and password managers fill in by themselves. */
export function codeField() {
  return textField({
    name: "code",
    label: t("factor.code"),
    required: true,
    maxlength: 40,
    inputmode: "numeric",
    autocomplete: "one-time-code",
  });
}
