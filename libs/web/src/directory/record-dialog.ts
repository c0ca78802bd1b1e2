// The frame of the dialogs that add a caller's number to the directory.

import { html, render, type TemplateResult } from "lit";
import { numberText } from "../calls/format";
import { t } from "../i18n/messages";
import type { Dialog } from "../ui/dialog";
import type { Adding, OpenDialog } from "./new-records";
import "../ui/dialog";

export abstract class RecordDialog {
  readonly element = document.createElement("div");

  constructor(
    readonly adding: Adding,
    testid: string,
    readonly heading: "record.attach" | "record.new",
  ) {
    this.element.dataset.testid = testid;
  }

  protected abstract content(): TemplateResult;
  /** The buttons at the bottom. */
  protected actions(): TemplateResult | null {
    return this.cancel();
  }

  protected cancel() {
    return html`<button type="button" class="button quiet" @click=${() => this.close()}>
      ${t("confirm.no")}
    </button>`;
  }

  protected number() {
    return html`<p class="meta">
      ${t("record.number")}: <bdi>${numberText(this.adding.remote)}</bdi>
    </p>`;
  }

  /** Called when the dialog is there. */
  protected abstract opened(): void;

  /** Called when the dialog is closed. */
  protected closed() {}

  get #dialog() {
    return this.element.querySelector("sc-dialog") as Dialog;
  }

  open(): OpenDialog {
    document.body.append(this.element);
    return { element: this.element, closed: this.#show() };
  }

  close() {
    this.#dialog.close();
  }

  async #show() {
    this.draw();
    const closed = new Promise<void>((resolve) => {
      this.#dialog.addEventListener("closed", () => resolve(), { once: true });
    });
    await this.#dialog.show();
    this.opened();
    await closed;
    this.closed();
    this.element.remove();
  }

  protected draw() {
    render(
      html`<sc-dialog
        class="dialog-wide"
        .heading=${t(this.heading)}
        .content=${html`<div class="form-stack">${this.content()}</div>`}
        .actions=${this.actions()}
      ></sc-dialog>`,
      this.element,
    );
  }
}
