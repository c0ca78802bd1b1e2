// Shows whether the websocket is connected.

import { now } from "../core/clock";
import { h, setText } from "../dom/dom";
import { t } from "../i18n/messages";
import type { ConnectionState } from "./socket";

export function connectionSign(first: ConnectionState) {
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
    const lost =
      state.state === "waiting" || (state.state === "connecting" && state.again === true);
    element.classList.toggle("lost", lost);
    if (state.state === "connecting" && state.again) return setText(words, t("connection.again"));
    if (state.state !== "waiting") return setText(words, t(`connection.${state.state}`));
    const left = Math.max(0, Math.ceil((state.retryAt - now()) / 1000));
    setText(words, t("connection.waiting", { n: left }));
  }
  function show(changed: ConnectionState) {
    state = changed;
    tick();
  }
  tick();
  return { element, tick, show };
}
