// One dead letter in the list. Its content comes from strangers and is shown as text only.

import { html, nothing } from "lit";
import { when } from "../calls/format";
import type { DeadLetter } from "../core/types";
import { t } from "../i18n/messages";
import { iconOf } from "../ui/icon";
import "../forms/confirm";
import "../ui/pill";

export interface LetterActions {
  toggle: (letter: DeadLetter) => void;
  replay: (letter: DeadLetter) => Promise<void>;
  drop: (letter: DeadLetter) => Promise<void>;
}

const ICONS = { waiting: "missed", replayed: "restore" };
const PILLS = { waiting: "refused", replayed: "accepted" };

export function letterRow(letter: DeadLetter, isOpen: boolean, actions: LetterActions) {
  const { id, state } = letter;
  return html`<li
    class=${isOpen ? "hit open" : "hit"}
    data-testid="letter-row"
    data-letter=${id}
    data-state=${state}
  >
    <button
      type="button"
      class="hit-line letter-line"
      aria-expanded=${isOpen}
      data-testid="letter-open"
      @click=${() => actions.toggle(letter)}
    >
      <span class="hit-time">${when(letter.last_at)}</span>
      <sc-pill state=${PILLS[state]} icon=${ICONS[state]} words=${t(`letter.${state}`)}></sc-pill>
      <span class="hit-request">${letter.queue}</span>
      <span class="hit-read" data-testid="letter-reason">${letter.reason}</span>
      ${iconOf("chevron")}
    </button>
    ${isOpen ? details(letter, actions) : nothing}
  </li>`;
}

function details(letter: DeadLetter, actions: LetterActions) {
  return html`<div class="hit-details" data-testid="letter-details">
    <div class="hit-part">
      <h3>${t("letter.facts")}</h3>
      ${facts(letter)}
    </div>
    <div class="hit-part">
      <h3>${t("letter.body")}</h3>
      <pre class="raw" tabindex="0" data-testid="letter-body">${letter.body}</pre>
      <details>
        <summary>${t("letter.headers")}</summary>
        <pre class="raw" tabindex="0">${JSON.stringify(letter.headers, null, 1)}</pre>
      </details>
    </div>
    <div class="hit-actions">
      ${letter.state === "replayed" ? nothing : replayButton(letter, actions)}
      <sc-confirm
        danger
        testid="letter-drop"
        .label=${t("letter.drop")}
        .question=${t("letter.dropSure")}
        .action=${() => actions.drop(letter)}
      ></sc-confirm>
    </div>
  </div>`;
}

function replayButton(letter: DeadLetter, actions: LetterActions) {
  const replay = async (event: Event) => {
    const button = event.currentTarget as HTMLButtonElement;
    button.disabled = true;
    await actions.replay(letter);
    button.disabled = false;
  };
  return html`<button type="button" class="button" data-testid="letter-replay" @click=${replay}>
    ${t("letter.replay")}
  </button>`;
}

function facts(letter: DeadLetter) {
  const rows = [
    [t("letter.type"), letter.type],
    [t("letter.tenant"), letter.tenant],
    [t("letter.first"), when(letter.first_at)],
    [t("letter.last"), when(letter.last_at)],
    [t("letter.times"), String(letter.times)],
    [t("letter.replayedAt"), letter.replayed_at && when(letter.replayed_at)],
    [t("letter.reason"), letter.reason],
  ].filter(([, value]) => value);
  return html`<table class="facts-table">
    <tbody>
      ${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}
    </tbody>
  </table>`;
}
