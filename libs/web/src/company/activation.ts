// Until when the company may use the connector, and the form for a newer code.

import { html, nothing } from "lit";
import { TENANT_CHANGED } from "../core/place";
import type { Tenant } from "../core/types";
import { areaField } from "../forms/fields";
import type { Values } from "../forms/values";
import { counted, language, t } from "../i18n/messages";
import type { TenantEditor } from "./tenant-api";
import "../ui/pill";

export function activationForm(editor: TenantEditor, changed: () => void) {
  const code = areaField({
    name: "code",
    label: t("activation.code"),
    hint: t("activation.hint"),
    rows: 4,
    required: true,
    code: true,
  });
  const activate = async (values: Values) => {
    editor.stored = await editor.api.activate(values.of("code").replace(/\s/g, ""));
    values.clear();
    document.dispatchEvent(new Event(TENANT_CHANGED));
    changed();
    return t("activation.done");
  };
  return html`<div class="stack">
    ${activationState(editor.stored)}
    <sc-form
      data-testid="activation-form"
      .words=${t("activation.enter")}
      .content=${code}
      .work=${activate}
    ></sc-form>
  </div>`;
}

function activationState({ state, activation }: Tenant) {
  const isActive = state === "active";
  const day = activation
    ? new Date(activation.expires_at).toLocaleDateString(language(), { dateStyle: "long" })
    : "";
  const facts = activation
    ? html`<span>${counted("activation.seats", activation.seats)}</span>
        <span>${t("activation.expires", { day })}</span>`
    : nothing;
  return html`<div class="activation-state" data-testid="activation-state">
    <sc-pill
      state=${isActive ? "connected" : "missed"}
      icon=${isActive ? "ended" : "missed"}
      .words=${t(`activation.${state}`)}
    ></sc-pill>
    ${facts}
  </div>`;
}
