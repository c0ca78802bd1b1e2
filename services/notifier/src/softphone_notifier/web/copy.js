// A text with a button that copies it.

import { h, icon, setText } from "./dom.js";
import { t } from "./messages.js";

const COPIED_MILLIS = 2500;

/**
 * @param {string} text
 * @param {{ label: string, testid: string }} options `label` names the text for screen readers
 */
export function copyable(text, { label, testid }) {
  const shown = h(
    "pre",
    { class: "copy-text", tabindex: 0, "data-testid": `${testid}-text` },
    text,
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
    const copied = await copy(text, shown);
    setText(words, t(copied ? "copy.copied" : "copy.byHand"));
    window.clearTimeout(timer);
    timer = window.setTimeout(() => setText(words, t("copy.copy")), COPIED_MILLIS);
  });
  return h("div", { class: "copyable" }, shown, button);
}

/**
 * Browsers offer the Clipboard API to secure contexts only. On a page over HTTP the text is
 * selected and copied with the deprecated `execCommand`.
 * @param {string} text
 * @param {HTMLElement} shown
 */
async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(shown);
    return document.execCommand("copy");
  }
}
