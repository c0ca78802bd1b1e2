// The two fields of a new password, which have to be equal.

import { html } from "lit";
import { t } from "../i18n/messages";
import { passwordField } from "./fields";
import { FieldError } from "./form";
import type { Values } from "./values";

export function newPasswordFields() {
  return html`
    ${passwordField({
      name: "password",
      label: t("password.new"),
      hint: t("password.hint"),
      autocomplete: "new-password",
    })}
    ${passwordField({
      name: "repeated",
      label: t("password.repeat"),
      autocomplete: "new-password",
    })}
  `;
}

/** The password of the fields. Throws FieldError if they differ. */
export function newPasswordOf(values: Values) {
  const password = values.raw("password");
  if (password !== values.raw("repeated")) throw new FieldError("repeated", t("password.differs"));
  return password;
}
