// A button that asks for confirmation before it acts.

import { h, setText } from "./dom.js";
import { t } from "./messages.js";

/**
 * @typedef {object} Asking
 * @property {string} label
 * @property {string} question
 * @property {string} testid
 * @property {() => Promise<void>} action
 * @property {boolean} [danger] whether it cannot be undone; then the button is red
 */

/** @param {Asking} options */
export function confirmButton({ label, question, testid, action, danger = true }) {
  const looks = danger ? "danger" : "";
  const ask = button(`button quiet ${looks}`, testid, label);
  const yes = button(`button ${looks}`, `${testid}-yes`, label);
  const no = button("button quiet", `${testid}-no`, t("confirm.no"));
  const words = h("span", { class: "confirm-question", role: "alert" });
  const asking = h("span", { class: "confirm", hidden: true }, words, yes, no);
  const show = (/** @type {boolean} */ on) => {
    asking.hidden = !on;
    ask.hidden = on;
    setText(words, on ? question : "");
    (on ? no : ask).focus();
  };
  ask.addEventListener("click", () => show(true));
  no.addEventListener("click", () => show(false));
  yes.addEventListener("click", async () => {
    yes.disabled = no.disabled = true;
    await action();
    yes.disabled = no.disabled = false;
    if (asking.isConnected) show(false);
  });
  asking.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
  });
  return h("div", {}, ask, asking);
}

/** @param {string} looks @param {string} testid @param {string} words */
function button(looks, testid, words) {
  return h("button", { type: "button", class: looks, "data-testid": testid }, words);
}
