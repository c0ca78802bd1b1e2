// The parts of a row in the recycle bin: who deleted something, and the button that restores it.

import { html } from "lit";
import { when } from "../calls/format";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";

/** Names of users by login. */
export type Names = Map<string, string>;

export function deletion(at: string | null, by: string | null, names: Names) {
  const who = names.get(by ?? "") || by || "?";
  return html`<span class="who">
    <span>${at === null ? "" : when(at)}</span>
    <span class="meta">${t("bin.by", { who })}</span>
  </span>`;
}

export function restoreButton(what: string, restore: (button: HTMLButtonElement) => void) {
  return html`<button
    type="button"
    class="button quiet"
    aria-label="${t("bin.restore")}: ${what}"
    data-testid="bin-restore"
    @click=${(event: Event) => restore(event.currentTarget as HTMLButtonElement)}
  >
    ${iconOf("restore")}${t("bin.restore")}
  </button>`;
}
