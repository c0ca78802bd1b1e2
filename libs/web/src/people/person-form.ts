// The fields of a person, for a new one and for one that is changed.

import { html } from "lit";
import type { ListedUser } from "../api/notifier";
import type { Role, User } from "../core/types";
import { choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";

const ROLES: readonly Role[] = ["user", "admin", "operator"];

export type Fields = Pick<ListedUser, "name" | "login" | "role" | "extensions" | "teams">;

const EMPTY: Fields = { name: "", login: "", role: "user", extensions: [], teams: [] };

/** The fields of a person. `editor` may give the roles up to the own one. */
export function personFields(person: Fields | null, editor: User, teams: readonly string[]) {
  const { name, login, role, extensions, teams: own } = person ?? EMPTY;
  const allowed = ROLES.slice(0, ROLES.indexOf(editor.role) + 1);
  const roles = allowed.map((each) => [each, t(`audit.role.${each}`)] as const);
  return html`
    ${textField({ name: "name", label: t("person.name"), value: name, maxlength: 100 })}
    ${textField({
      name: "login",
      label: t("person.login"),
      hint: t("person.login.hint"),
      value: login,
      required: true,
      maxlength: 100,
    })}
    ${choiceField({
      name: "role",
      label: t("person.role"),
      hint: t("person.role.hint"),
      value: role,
      options: roles,
    })}
    ${textField({
      name: "extensions",
      label: t("person.extensions"),
      hint: t("person.extensions.hint"),
      value: extensions.join(", "),
      maxlength: 1000,
    })}
    ${textField({
      name: "teams",
      label: t("person.teams"),
      hint: t("person.teams.hint"),
      value: own.join(", "),
      maxlength: 800,
      suggestions: teams,
    })}
  `;
}

export function fieldsOf(values: Values): Fields {
  return {
    name: values.of("name"),
    login: values.of("login"),
    role: values.of("role") as Role,
    extensions: values.list("extensions"),
    teams: values.list("teams"),
  };
}

/** A login for a name, such as anna.albrecht for Anna Albrecht. */
export function loginFor(name: string) {
  const plain = name.toLowerCase().replace(/ä|ö|ü|ß/g, (each) => SPELLED[each] ?? each);
  const letters = plain.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  return letters
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .join(".");
}

const SPELLED: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss" };
