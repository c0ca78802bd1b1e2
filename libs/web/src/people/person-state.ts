// Says how far a person can use the connector: active, invited, locked.

import { html } from "lit";
import type { ListedUser } from "../api/notifier";
import { now } from "../core/clock";
import { language, t } from "../i18n/messages";
import "../ui/pill";

export type PersonState = "active" | "invited" | "expired" | "none" | "locked";

export function stateOf(person: ListedUser): PersonState {
  if (person.locked) return "locked";
  if (person.password_set) return "active";
  if (person.invited_until === null) return "none";
  return Date.parse(person.invited_until) > now() ? "invited" : "expired";
}

const LOOKS: Record<Exclude<PersonState, "active">, readonly [state: string, icon: string]> = {
  invited: ["dialed", "mail"],
  expired: ["elsewhere", "mail"],
  none: ["elsewhere", "close"],
  locked: ["missed", "lock"],
};

/** An active person is the usual case and gets a word; every other state is a pill. */
export function statePill(person: ListedUser) {
  const state = stateOf(person);
  if (state === "active") {
    return html`<span class="meta" data-testid="person-state">${t("person.state.active")}</span>`;
  }
  const [look, icon] = LOOKS[state];
  const words = t(`person.state.${state}`, { day: dayText(person.invited_until) });
  return html`<sc-pill state=${look} icon=${icon} .words=${words} data-testid="person-state"></sc-pill>`;
}

/** A day as people write it, such as 6. Dezember. */
export function dayText(time: string | null) {
  if (time === null) return "";
  return new Date(time).toLocaleDateString(language(), { day: "numeric", month: "long" });
}
