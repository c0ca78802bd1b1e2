// The name, the extensions, the language and the theme of the user.

import { html } from "lit";
import type { Profile } from "../api/notifier";
import type { Context } from "../calls/context";
import { checkField, choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { THEMES } from "./theme";
import "../forms/form";
import "../ui/card";

export function profileCard(context: Context, { user, tenant }: Profile) {
  const maySetExtensions = user.role !== "user" || tenant.own_extensions;
  const extensions = user.extensions.join(", ");
  const fields = html`
    ${textField({
      name: "name",
      label: t("person.name"),
      value: user.name,
      maxlength: 100,
      autocomplete: "name",
    })}
    ${
      maySetExtensions
        ? textField({
            name: "extensions",
            label: t("person.extensions"),
            hint: t("me.extensions.hint"),
            value: extensions,
            maxlength: 1000,
          })
        : html`<p class="field">
            <span class="field-label">${t("person.extensions")}</span>
            <span>${extensions || "–"}</span>
            <span class="hint">${t("me.extensions.fixed")}</span>
          </p>`
    }
  `;
  const save = async (values: Values) => {
    const name = values.of("name");
    const body = maySetExtensions ? { name, extensions: values.list("extensions") } : { name };
    const changed = await context.api.ask("PATCH /api/me", { body });
    context.changed(changed);
    return t("form.saved");
  };
  const content = html`<sc-form data-testid="profile-form" .content=${fields} .work=${save}></sc-form>`;
  const lead = t("me.lead", { login: user.login, tenant: user.tenant });
  return html`<sc-card .heading=${t("account.title")} .lead=${lead} .content=${content}></sc-card>`;
}

export function lookCard(context: Context, { preferences }: Profile) {
  const { language, theme, sound, notifications } = preferences;
  const fields = html`
    ${choiceField({
      name: "language",
      label: t("language"),
      value: language,
      options: [
        ["browser", t("me.language.browser")],
        ["de", "Deutsch"],
        ["en", "English"],
      ],
    })}
    ${choiceField({
      name: "theme",
      label: t("theme.label"),
      value: theme,
      options: THEMES.map((each) => [each, t(`theme.${each}`)] as const),
    })}
    ${checkField({ name: "sound", label: t("me.sound"), hint: t("me.sound.hint"), checked: sound })}
    ${checkField({
      name: "notifications",
      label: t("me.notifications"),
      hint: t("me.notifications.hint"),
      checked: notifications,
    })}
  `;
  const save = async (values: Values) => {
    const body = {
      preferences: {
        language: values.of("language") as typeof language,
        theme: values.of("theme") as typeof theme,
        sound: values.isOn("sound"),
        notifications: values.isOn("notifications"),
      },
    };
    context.changed(await context.api.ask("PATCH /api/me", { body }));
    return t("form.saved");
  };
  const content = html`<sc-form data-testid="look-form" .content=${fields} .work=${save}></sc-form>`;
  return html`<sc-card
    .heading=${t("theme.title")}
    .lead=${t("theme.lead")}
    .content=${content}
  ></sc-card>`;
}
