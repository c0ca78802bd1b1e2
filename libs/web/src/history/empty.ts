// The call list without calls.

import { html } from "lit";
import { t } from "../i18n/messages";
import "../ui/empty-state";

/** Says why the list is empty; `reset` takes a filter away, and is null without one. */
export function emptyList(reset: (() => void) | null) {
  const action = html`<button
    type="button"
    class="button quiet"
    data-testid="empty-reset"
    @click=${reset}
  >
    ${t("filter.reset")}
  </button>`;
  return html`<sc-empty-state
    words=${t(reset ? "history.emptyFilter" : "history.empty")}
    .action=${reset ? action : null}
  ></sc-empty-state>`;
}
