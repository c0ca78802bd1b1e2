// Elements that show a call in several places: the status pill and the number.
/** @import { Call, Context, Mine } from "./types.js" */

import { fill, h, icon } from "./dom.js";
import { dialable, numberText } from "./format.js";
import { t } from "./messages.js";

/**
 * The status as an icon and a word, never as a colour alone.
 * @param {HTMLElement} pill
 * @param {Mine} state
 */
export function showStatus(pill, state) {
  if (pill.dataset.state === state) return;
  pill.dataset.state = state;
  pill.className = `pill pill-${state}`;
  fill(pill, icon(state), h("span", {}, t(`phase.${state}`)));
}

/**
 * The other party's number, as a button if it can be dialled.
 * @param {Call} call
 * @param {Context} context
 * @param {{ testid: string, live: boolean }} options a number of a `live` call is no button
 */
export function numberOf(call, context, { testid, live }) {
  const text = numberText(call.remote);
  const number = dialable(call.remote);
  const can = number !== null && !live && context.user.extensions.length > 0;
  if (!can) return h("span", { class: "number", "data-testid": testid }, text);
  const label = t("number.call", { number: text });
  const dial = (/** @type {Event} */ event) => {
    event.stopPropagation();
    context.dial(number);
  };
  return h(
    "button",
    {
      type: "button",
      class: "number dials",
      title: label,
      "aria-label": label,
      "data-testid": testid,
      onclick: dial,
    },
    text,
  );
}
