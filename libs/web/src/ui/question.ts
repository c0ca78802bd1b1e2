// Asks a question in a dialog before something is done that cannot be undone.

import { html, render } from "lit";
import { t } from "../i18n/messages";
import type { Dialog } from "./dialog";
import "./dialog";

export interface Question {
  title: string;
  lead: string;
  /** The words of the button that does it. */
  yes: string;
  /** The words of the button that does nothing. */
  no?: string;
  testid: string;
  danger?: boolean;
}

/** Resolves to true if the user wants it. The focus goes back to where it was. */
export async function isWanted({ title, lead, yes, no, testid, danger = false }: Question) {
  const host = document.createElement("div");
  document.body.append(host);
  let isYes = false;
  let close: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const dialog = () => host.querySelector("sc-dialog") as Dialog;
  const choose = (chosen: boolean) => () => {
    isYes = chosen;
    dialog().close();
  };
  const actions = html`<button
      type="button"
      class="button quiet"
      data-testid="${testid}-no"
      autofocus
      @click=${choose(false)}
    >
      ${no ?? t("confirm.no")}
    </button>
    <button
      type="button"
      class=${danger ? "button danger" : "button"}
      data-testid="${testid}-yes"
      @click=${choose(true)}
    >
      ${yes}
    </button>`;
  render(
    html`<sc-dialog
      .heading=${title}
      .content=${html`<p>${lead}</p>`}
      .actions=${actions}
      @closed=${close}
    ></sc-dialog>`,
    host,
  );
  await dialog().show();
  await closed;
  host.remove();
  return isYes;
}
