// Shows whether the websocket is connected.
/** @import { ConnectionState } from "./types.js" */

import { now } from "./clock.js";
import { h, setText } from "./dom.js";
import { t } from "./messages.js";

/** @param {ConnectionState} first */
export function connectionSign(first) {
  const words = h("span", {});
  const element = h(
    "p",
    { class: "connection", role: "status", "data-testid": "connection" },
    h("span", { class: "dot" }),
    words,
  );
  let state = first;

  function tick() {
    element.dataset.state = state.state;
    if (state.state !== "waiting") return setText(words, t(`connection.${state.state}`));
    const left = Math.max(0, Math.ceil((state.retryAt - now()) / 1000));
    setText(words, t("connection.waiting", { n: left }));
  }
  function show(/** @type {ConnectionState} */ changed) {
    state = changed;
    tick();
  }
  tick();
  return { element, tick, show };
}
