// Another password for oneself, which ends the other sessions.

import { html } from "lit";
import type { Context } from "../calls/context";
import { passwordField } from "../forms/fields";
import { newPasswordFields, newPasswordOf } from "../forms/new-password";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import "../ui/card";

export function passwordCard({ api, user, renewed }: Context, changed: () => void) {
  const fields = html`
    <input class="unseen" autocomplete="username" tabindex="-1" aria-hidden="true" readonly .value=${user.login} />
    ${passwordField({
      name: "current",
      label: t("password.current"),
      autocomplete: "current-password",
    })}
    ${newPasswordFields()}
  `;
  const save = async (values: Values) => {
    const body = { current: values.raw("current"), password: newPasswordOf(values) };
    renewed(await api.ask("PUT /api/session/password", { body }));
    values.clear();
    changed();
    return t("password.saved");
  };
  const content = html`<sc-form .words=${t("password.save")} .content=${fields} .work=${save}></sc-form>`;
  return html`<sc-card
    data-testid="password-panel"
    .heading=${t("password.title")}
    .lead=${t("password.lead")}
    .content=${content}
  ></sc-card>`;
}
