// The dialog with all keys of the page.

import "../ui/dialog";
import { html, render } from "lit";
import { h } from "../dom/dom";
import { t } from "../i18n/messages";
import type { Dialog } from "../ui/dialog";
import { BINDINGS } from "./bindings";
import { lettersAct, useLetters } from "./keyboard";

/** The names of keys that have one on the keyboard; the others are shown as they are. */
const NAMES: Record<string, () => string> = {
  Ctrl: () => (navigator.platform.startsWith("Mac") ? "⌘" : t("key.ctrl")),
  Enter: () => t("key.enter"),
  Escape: () => t("key.escape"),
  ArrowDown: () => "↓",
  ArrowUp: () => "↑",
};

export class KeyHelp {
  readonly element = h("div", {});

  show() {
    render(this.#dialog(), this.element);
    void this.element.querySelector<Dialog>("sc-dialog")?.show();
  }

  #dialog() {
    const close = () => this.element.querySelector<Dialog>("sc-dialog")?.close();
    const actions = html`<button type="button" class="button" data-testid="keys-done" @click=${close}>
      ${t("keys.done")}
    </button>`;
    return html`<sc-dialog
      .heading=${t("keys.title")}
      .content=${this.#content()}
      .actions=${actions}
    ></sc-dialog>`;
  }

  #content() {
    const choose = ({ target }: Event) => useLetters((target as HTMLInputElement).checked);
    return html`<dl class="keys" data-testid="keys">
        ${BINDINGS.map(
          ({ keys, words }) =>
            html`<div class="keys-row">
              <dt>${keys.map((key) => combination(key))}</dt>
              <dd>${t(words)}</dd>
            </div>`,
        )}
      </dl>
      <label class="keys-letters">
        <input
          type="checkbox"
          data-testid="keys-letters"
          .checked=${lettersAct()}
          @change=${choose}
        />
        <span>${t("keys.letters")}</span>
      </label>`;
  }
}

function combination(key: string) {
  const names = key.split("+").map((name) => NAMES[name]?.() ?? name.toUpperCase());
  return html`<span class="keys-combination">${names.map((name) => html`<kbd>${name}</kbd>`)}</span>`;
}
