// When a call shows and what happens with its records, for the user; without a choice as in the company.

import { html } from "lit";
import type { Preferences, Profile } from "../api/notifier";
import type { Context } from "../calls/context";
import { popupFields, popupOf } from "../company/popup-fields";
import { checkField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import "../forms/form";
import "../ui/card";

export function popupCard(context: Context, { preferences, tenant }: Profile) {
  const fields = html`
    ${checkField({
      name: "do_not_disturb",
      label: t("popup.dnd"),
      hint: t("popup.dnd.hint"),
      checked: preferences.do_not_disturb,
    })}
    ${popupFields(preferences, tenant.popup)}
  `;
  const save = async (values: Values) => {
    const body = {
      preferences: {
        do_not_disturb: values.isOn("do_not_disturb"),
        ...(popupOf(values) as Partial<Preferences>),
      },
    };
    context.changed(await context.api.ask("PATCH /api/me", { body }));
    return t("form.saved");
  };
  const content = html`<sc-form data-testid="popup-form" .content=${fields} .work=${save}></sc-form>`;
  return html`<sc-card
    .heading=${t("popup.title")}
    .lead=${t("popup.lead")}
    .content=${content}
  ></sc-card>`;
}
