// The switches in the header: do not disturb, sound, and the calls that wait to be opened by hand.

import { html, nothing, render } from "lit";
import type { PreferenceChanges } from "../api/notifier";
import type { Api } from "../core/client";
import { h } from "../dom/dom";
import { counted, type Key, t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import { iconOf } from "../ui/icon";
import type { PreferenceStore } from "./preferences";
import { Sound } from "./sound";

interface Switch {
  testid: string;
  icon: string;
  label: Key;
  isOn: boolean;
  /** Whether the word is shown, too: what is easily forgotten. */
  isWritten: boolean;
  toggle: () => void;
}

/** The parts of the page that the switches need. */
export interface SwitchContext {
  api: Api;
  preferences: PreferenceStore;
  say: (text: string, kind: "good" | "bad") => void;
}

export class Switches {
  #waiting = 0;
  readonly #unlisten: () => void;
  /** Plays the sound once when it is switched on. */
  readonly #sound = new Sound();
  readonly element = h("div", { class: "switches" });

  /** `open` opens the calls that wait; `help` shows the keys. */
  constructor(
    readonly context: SwitchContext,
    readonly open: () => void,
    readonly help: () => void,
  ) {
    this.#unlisten = context.preferences.listen(() => this.#draw());
    this.#draw();
  }

  /** Shows how many calls wait to be opened by hand. */
  waiting(count: number) {
    if (count === this.#waiting) return;
    this.#waiting = count;
    this.#draw();
  }

  async #change(changes: PreferenceChanges) {
    const { api, preferences, say } = this.context;
    try {
      await preferences.change(api, changes);
    } catch (error) {
      say(t("switch.failed", { why: reason(error) }), "bad");
    }
  }

  #draw() {
    const { doNotDisturb, sound } = this.context.preferences;
    const count = this.#waiting;
    const view = html`${count > 0 ? this.#opener(count) : nothing}
      ${toggle({
        testid: "switch-disturb",
        icon: "disturb",
        label: "switch.disturb",
        isOn: doNotDisturb,
        isWritten: doNotDisturb,
        toggle: () => void this.#change({ do_not_disturb: !doNotDisturb }),
      })}
      ${toggle({
        testid: "switch-sound",
        icon: sound ? "sound" : "silent",
        label: "switch.sound",
        isOn: sound,
        isWritten: false,
        toggle: () => this.#toggleSound(!sound),
      })}
      <button
        type="button"
        class="icon-button"
        aria-label=${t("keys.title")}
        title=${t("keys.title")}
        data-testid="keys-open"
        @click=${this.help}
      >
        ${iconOf("keyboard")}
      </button>`;
    render(view, this.element);
  }

  #toggleSound(isOn: boolean) {
    if (isOn) this.#sound.chime();
    void this.#change({ sound: isOn });
  }

  #opener(count: number) {
    return html`<button
      type="button"
      class="button quiet small"
      data-testid="popups-waiting"
      @click=${this.open}
    >
      ${iconOf("ringing")}${counted("popups.waiting", count)}
    </button>`;
  }

  stop() {
    this.#unlisten();
    this.#sound.stop();
  }
}

function toggle({ testid, icon, label, isOn, isWritten, toggle }: Switch) {
  const words = t(label);
  return html`<button
    type="button"
    class="switch"
    role="switch"
    aria-checked=${isOn}
    aria-label=${words}
    title=${t(isOn ? "switch.on" : "switch.off", { what: words })}
    data-testid=${testid}
    @click=${toggle}
  >
    ${iconOf(icon)}${isWritten ? html`<span>${words}</span>` : nothing}
  </button>`;
}
