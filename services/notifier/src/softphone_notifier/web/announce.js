// Tells of calls outside the popup: page title, screen reader, desktop; never asks for permission.
/** @import { Call, Mine } from "./types.js" */

import { h, setText } from "./dom.js";
import { numberText, who } from "./format.js";
import { t } from "./messages.js";

export class Announcer {
  /** @type {Map<string, string>} */
  #said = new Map();

  constructor() {
    this.element = h("div", {
      class: "unseen",
      "aria-live": "assertive",
      "data-testid": "announcement",
    });
  }

  /**
   * A popup was opened.
   * @param {Call} call
   */
  opened(call) {
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted")
      return;
    if (call.phase !== "ringing" || call.direction !== "inbound") return;
    try {
      const note = new Notification(caller(call), {
        body: t("notify.body", { extension: call.extension }),
        tag: call.id,
        icon: "/web/logo.svg",
      });
      note.onclick = () => {
        window.focus();
        note.close();
      };
    } catch {
      // some mobile browsers know the name only; the popup itself is there
    }
  }

  /**
   * All open popups: the most urgent one is in the title, each change of state is said once.
   * @param {{ call: Call, state: Mine }[]} popups newest last
   */
  show(popups) {
    const live = popups.filter(({ state }) => state === "ringing" || state === "connected");
    const first = live.find(({ state }) => state === "ringing") ?? live[0];
    document.title = first
      ? `${t(`phase.${first.state}`)}: ${caller(first.call)} – ${t("product")}`
      : t("product");
    for (const { call, state } of popups) {
      if (this.#said.get(call.id) === state) continue;
      const begins = !this.#said.has(call.id);
      this.#said.set(call.id, state);
      const key = call.direction === "inbound" ? "popup.announce" : "popup.announceOut";
      setText(
        this.element,
        `${begins ? `${t(key, { who: caller(call) })}, ` : ""}${t(`phase.${state}`)}`,
      );
    }
  }
}

/** @param {Call} call */
function caller(call) {
  const { name } = who(call);
  const number = numberText(call.remote);
  return name ? `${name} (${number})` : number;
}
