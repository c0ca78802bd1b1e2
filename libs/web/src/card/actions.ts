// The buttons of a card: call back, add the number to the directory, open it in another application.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { dialable } from "../calls/format";
import type { Remote } from "../core/types";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

export interface Ability {
  place: "popup" | "pop";
  remote: Remote;
  isLive: boolean;
  wasOutbound: boolean;
  /** The address that the browser refused to open by itself. */
  blocked: string | null;
  /** Where the tenant's application shows or adds the number. */
  application: string | null;
  /** Adds a record; null if that is not offered. */
  add: (() => void) | null;
  /** Gives the number to a record that exists; null if that is not offered. */
  attach: (() => void) | null;
  /** Whether the user has chosen that a new record is the first offer. */
  isNew: boolean;
}

export function actionRow(ability: Ability, context: Context): TemplateResult | typeof nothing {
  const { add, attach, application, isNew } = ability;
  const buttons = [
    blockedLink(ability.blocked),
    callBack(ability, context),
    applicationLink(application, isNew && add === null),
    add && button("record-new", "plus", t("record.new"), add, isNew),
    attach && button("record-attach", "link", t("record.attach"), attach, false),
  ].filter((each) => each !== null);
  return buttons.length > 0 ? html`<div class="card-actions">${buttons}</div>` : nothing;
}

function button(testid: string, icon: string, words: string, act: () => void, isFirst: boolean) {
  return html`<button
    type="button"
    class=${isFirst ? "button small" : "button quiet small"}
    data-testid=${testid}
    @click=${act}
  >
    ${iconOf(icon)}${words}
  </button>`;
}

function callBack({ remote, isLive, place, wasOutbound }: Ability, context: Context) {
  const number = dialable(remote);
  if (number === null || isLive || context.user.extensions.length === 0) return null;
  const key = place === "pop" ? "dial.button" : wasOutbound ? "dial.again" : "dial.back";
  return button(`${place}-dial`, "phone", t(key), () => context.dial(number), true);
}

function applicationLink(address: string | null, isFirst: boolean) {
  if (address === null) return null;
  const host = new URL(address).host;
  return html`<a
    class=${isFirst ? "button small" : "button quiet small"}
    href=${address}
    target="_blank"
    rel="noopener noreferrer"
    data-testid="record-application"
    >${iconOf("open")}<span>${t("record.openAt", { host })}</span></a
  >`;
}

function blockedLink(address: string | null) {
  if (address === null) return null;
  return html`<p class="note bad" role="status" data-testid="record-blocked">
      ${t("record.blocked")}
      <a href=${address} target="_blank" rel="noopener noreferrer">${t("record.open")}</a>
    </p>`;
}
