// Announces calls outside of the popup: in the page title, to screen readers, on the desktop.

import logo from "../../assets/logo.svg";
import type { PreferenceStore } from "../alerts/preferences";
import { numberText, who } from "../calls/format";
import type { Mine } from "../calls/state";
import type { Call } from "../core/types";
import { fill, h } from "../dom/dom";
import { titleNews } from "../dom/title";
import { t } from "../i18n/messages";

const LIVE: Mine[] = ["dialed", "ringing", "connected"];

/**
 * Calls that ring together are read out together, or each would cut off the one before. Most names
 * are found within this time, so that few callers are read out twice.
 */
const TOGETHER_MILLIS = 400;

export type News = { state: Mine; who: string };

export class Announcer {
  /** The state and caller of each call that were announced last. */
  #said = new Map() as Map<string, News>;
  /** The news to announce next, by call. */
  #waiting = new Map() as Map<string, News & { call: Call }>;
  #timer = 0;
  /** The notification of each ringing call that is on the desktop, and its caller. */
  #notes = new Map() as Map<string, { note: Notification; who: string }>;

  readonly element: HTMLDivElement;

  constructor(readonly preferences: PreferenceStore) {
    this.element = h("div", {
      class: "unseen",
      "aria-live": "assertive",
      "data-testid": "announcement",
    });
  }

  /** Announces a popup that was opened, on the desktop if the page is not in view. */
  opened(call: Call) {
    if (!document.hidden || !this.preferences.notifications || !mayNotify()) return;
    if (call.phase !== "ringing" || call.direction !== "inbound") return;
    this.#notify(call);
  }

  #notify(call: Call) {
    const who = caller(call);
    try {
      // the same tag: it takes the place of the one before
      const note = new Notification(who, {
        body: t("notify.body", { extension: call.extension }),
        tag: call.id,
        icon: logo,
      });
      note.onclick = () => {
        window.focus();
        note.close();
      };
      note.onclose = () => {
        if (this.#notes.get(call.id)?.note === note) this.#notes.delete(call.id);
      };
      this.#notes.set(call.id, { note, who });
    } catch {
      // some mobile browsers have Notification but refuse to construct one
    }
  }

  /**
   * Announces all open popups: the title shows the most urgent one, and a screen reader
   * hears each change of state once, and the caller again when the name is found.
   * The newest popup comes last. A tab that does not lead shows the title only.
   */
  show(popups: { call: Call; state: Mine }[], leads: boolean) {
    titleNews(title(popups));
    for (const { call, state } of popups) {
      const who = caller(call);
      this.#renew(call, state, who);
      const before = this.#waiting.get(call.id) ?? this.#said.get(call.id);
      if (before?.state === state && before.who === who) continue;
      if (!leads) {
        this.#said.set(call.id, { state, who });
        continue;
      }
      this.#waiting.set(call.id, { call, state, who });
      this.#timer ||= window.setTimeout(() => this.#speak(), TOGETHER_MILLIS);
    }
  }

  #speak() {
    this.#timer = 0;
    const texts = [...this.#waiting].map(([id, news]) => this.#text(news, this.#said.get(id)));
    for (const [id, { state, who }] of this.#waiting) this.#said.set(id, { state, who });
    this.#waiting.clear();
    // new elements, since a text that is the same as before is announced only in a new one
    const spoken = texts.filter((text) => text !== "");
    if (spoken.length > 0) fill(this.element, ...spoken.map((text) => h("p", {}, text)));
  }

  #text({ call, state, who }: News & { call: Call }, before: News | undefined) {
    const named = before?.who !== who && LIVE.includes(state);
    if (before?.state === state && !named) return "";
    const key = call.direction === "inbound" ? "popup.announce" : "popup.announceOut";
    return `${!before || named ? `${t(key, { who })}, ` : ""}${t(`phase.${state}`)}`;
  }

  /** Shows the caller on the desktop again if the name was found while the phone rings. */
  #renew(call: Call, state: Mine, who: string) {
    const shown = this.#notes.get(call.id);
    if (!shown) return;
    if (state !== "ringing") this.#notes.delete(call.id);
    else if (shown.who !== who) this.#notify(call);
  }

  stop() {
    window.clearTimeout(this.#timer);
    titleNews("");
    for (const { note } of this.#notes.values()) note.close(); // it names a caller
  }
}

function mayNotify() {
  return "Notification" in window && Notification.permission === "granted";
}

/** The most urgent call, and how many ring if there are several. */
function title(popups: { call: Call; state: Mine }[]) {
  const ringing = popups.filter(({ state }) => state === "ringing");
  const first = ringing[0] ?? popups.find(({ state }) => state === "connected");
  if (!first) return "";
  const count = ringing.length > 1 ? `(${ringing.length}) ` : "";
  return `${count}${t(`phase.${first.state}`)}: ${caller(first.call)}`;
}

function caller(call: Call) {
  const { name } = who(call);
  const number = numberText(call.remote);
  return name ? `${name} (${number})` : number;
}
