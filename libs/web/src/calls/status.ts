// Templates that show a call in several places: the status pill and the number.

import { html, render, type TemplateResult } from "lit";
import type { Call } from "../core/types";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import type { Context } from "./context";
import { dialable, numberText } from "./format";
import type { Shown } from "./result";
import type { Mine } from "./state";

/** The status as an icon and a word, never as a colour alone. */
export function statusPill(state: Mine): TemplateResult {
  return html`<span class="pill pill-${state}" data-state=${state}>${statusWords(state)}</span>`;
}

/** How a call went, in the list. */
export function resultPill(shown: Shown): TemplateResult {
  return html`<span class="pill pill-${shown}" data-state=${shown} data-testid="row-state"
    >${iconOf(shown)}<span>${t(`result.${shown}`)}</span></span
  >`;
}

function statusWords(state: Mine) {
  return html`${iconOf(state)}<span>${t(`phase.${state}`)}</span>`;
}

/** Shows the status in a pill that is there already. */
export function showStatus(pill: HTMLElement, state: Mine) {
  pill.dataset.state = state;
  pill.className = `pill pill-${state}`;
  render(statusWords(state), pill);
}

/**
 * The other party's number, as a button if it can be dialled. The number of a `live` call is no
 * button.
 */
export function numberOf(
  { remote }: Pick<Call, "remote">,
  context: Context,
  { testid, live }: { testid: string; live: boolean },
): TemplateResult {
  const text = numberText(remote);
  const number = dialable(remote);
  if (number === null || live || context.user.extensions.length === 0) {
    return html`<span class="number" data-testid=${testid}><bdi>${text}</bdi></span>`;
  }
  return dialButton({ number, text, testid }, context);
}

/** A number that is called by a click. */
export function dialButton(
  { number, text, testid }: { number: string; text: string; testid: string },
  context: Context,
): TemplateResult {
  const label = t("number.call", { number: text });
  const dial = (event: Event) => {
    event.stopPropagation();
    context.dial(number);
  };
  return html`<button
    type="button"
    class="number dials"
    title=${label}
    aria-label=${label}
    data-testid=${testid}
    @click=${dial}
  ><bdi>${text}</bdi></button>`;
}
