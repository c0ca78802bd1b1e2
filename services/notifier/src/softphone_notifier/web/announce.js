// Announces calls outside of the popup: in the page title, to screen readers, on the desktop.
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
   * Announces a popup that was opened.
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
      // some mobile browsers have Notification but refuse to construct one
    }
  }

  /**
   * Announces all open popups: the title shows the most urgent one, and a screen reader
   * hears each change of state once.
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
