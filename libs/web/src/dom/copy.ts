// A text with a button that copies it.

import { guard } from "lit/directives/guard.js";
import { t } from "../i18n/messages";
import { h, setText } from "./dom";
import { icon } from "./icon";

const COPIED_MILLIS = 2500;

export interface Copying {
  /** Names the text for screen readers. */
  label: string;
  testid: string;
  /** The text on the screen, if the copied one has a secret. */
  shown?: string;
}

/** The text with its button, which stay in place while a template with the same text is drawn again. */
export function copyable(text: string, copying: Copying) {
  return guard([text, copying.label, copying.shown], () => build(text, copying));
}

function build(text: string, { label, testid, shown: masked = text }: Copying) {
  const shown = h(
    "pre",
    { class: "copy-text", tabindex: 0, "data-testid": `${testid}-text` },
    masked,
  );
  const words = h("span", { role: "status" }, t("copy.copy"));
  const button = h(
    "button",
    { type: "button", class: "button quiet", "data-testid": `${testid}-copy` },
    icon("copy"),
    words,
    h("span", { class: "unseen" }, label),
  );
  let timer = 0;
  button.addEventListener("click", async () => {
    const copied = await copyText(text, shown, masked !== text);
    if (copied) setText(shown, masked); // what has to be copied by hand stays selected
    setText(words, t(copied ? "copy.copied" : "copy.byHand"));
    window.clearTimeout(timer);
    timer = window.setTimeout(() => setText(words, t("copy.copy")), COPIED_MILLIS);
  });
  return h("div", { class: "copyable" }, shown, button);
}

/**
 * Browsers offer the Clipboard API to secure contexts only. On a page over HTTP the text is
 * selected and copied with the deprecated `execCommand`.
 */
export async function copyText(text: string, shown: HTMLElement, isMasked: boolean = false) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (isMasked) setText(shown, text);
    getSelection()?.selectAllChildren(shown);
    return document.execCommand("copy");
  }
}
