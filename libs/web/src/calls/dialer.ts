// Click-to-call: asks the server for a call and opens its link in the softphone.

import { LONGEST_MILLIS } from "../core/request";
import { recall, remember } from "../core/storage";
import type { User } from "../core/types";
import type { View } from "../core/view";
import { h, setText } from "../dom/dom";
import { field } from "../dom/field";
import { icon } from "../dom/icon";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";
import type { CallApi } from "./call-api";
import { openLink } from "./open-link";

const DOUBLE_CLICK_MS = 2000;
const UNTIL_ANSWERED_MS = 60_000;
export interface DialOptions {
  user: User;
  api: CallApi;
  say: (text: string, kind: "good" | "bad", millis?: number) => void;
  /** called when the call was requested */
  dialed: () => void;
}

/** A click on a number: its idempotency key, its time, and whether its link was opened. */
export type Click = { number: string; extension: string; key: string; at: number; opened: boolean };

/** The dial field, and `dial` for numbers that are clicked anywhere. */
export class Dialer implements View {
  number = h("input", {
    type: "tel",
    name: "number",
    autocomplete: "off",
    maxlength: 128,
    placeholder: "089 99998123",
    "aria-describedby": "dial-error",
    "data-testid": "dial-number",
  });
  button = h(
    "button",
    { class: "button", "data-testid": "dial-button" },
    icon("phone"),
    t("dial.button"),
  );
  error = h("p", {
    class: "note bad",
    role: "alert",
    id: "dial-error",
    "data-testid": "dial-error",
  });

  #last: Click | null = null;

  readonly extension: HTMLSelectElement;
  readonly element: HTMLFormElement | HTMLParagraphElement;

  constructor(readonly options: DialOptions) {
    const { extensions } = options.user;
    this.extension = extensionSelect(options.user);
    this.element = extensions.length
      ? this.#form(extensions.length > 1)
      : h("p", { class: "meta dial-none", "data-testid": "dial-none" }, t("dial.none"));
  }

  /** The form, with a choice of the extension if there is more than one. */
  #form(choose: boolean) {
    this.number.addEventListener("input", () => this.#fail(""));
    const submit = (event: Event) => {
      event.preventDefault();
      const number = this.number.value.trim();
      // the field was emptied between the two clicks of a double click
      if (!number && this.#isRecent()) return;
      this.#fail(number ? "" : t("dial.empty"));
      if (number) void this.#dial(number, (why) => this.#fail(why));
    };
    return h(
      "form",
      { class: "dial", "aria-label": t("dial.title"), novalidate: true, onsubmit: submit },
      field(t("dial.number"), this.number),
      choose && field(t("dial.extension"), this.extension),
      this.button,
      this.error,
    );
  }

  dial(number: string) {
    return this.#dial(number, (why) => this.options.say(why, "bad"));
  }

  async #dial(number: string, failed: (why: string) => void) {
    const { api, say, dialed } = this.options;
    const click = this.#click(number);
    const clicked = Date.now();
    this.button.disabled = true;
    try {
      const { link, ext_by_hand } = await api.dial(number, click.extension || null, click.key);
      if (click.opened) return;
      // this computer slept meanwhile, and its timers with it
      if (Date.now() - clicked > LONGEST_MILLIS)
        return failed(t("dial.failed", { why: t("error.late") }));
      click.opened = true;
      dialed();
      if (!openLink(link)) return failed(t("dial.badLink"));
      this.number.value = "";
      const ext = ext_by_hand ?? "";
      // the extension is needed only when somebody has answered
      if (ext) say(t("dial.doneExt", { number, ext }), "good", UNTIL_ANSWERED_MS);
      else say(t("dial.done", { number }), "good");
    } catch (error) {
      failed(t("dial.failed", { why: reason(error) }));
    } finally {
      this.button.disabled = false;
    }
  }

  /** Returns this click, or the one just before if both are a double click. */
  #click(number: string) {
    const extension = this.extension.value;
    const same = this.#last?.number === number && this.#last.extension === extension;
    if (same && this.#last && this.#isRecent()) return this.#last;
    this.#last = { number, extension, key: randomKey(), at: performance.now(), opened: false };
    return this.#last;
  }

  #isRecent() {
    return this.#last !== null && performance.now() - this.#last.at < DOUBLE_CLICK_MS;
  }

  #fail(words: string) {
    setText(this.error, words);
    this.number.setAttribute("aria-invalid", String(words !== ""));
    if (words) this.number.focus();
  }
}

/** 128 random bits; `crypto.randomUUID` would be missing on a page without TLS. */
function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function extensionSelect({ id, extensions }: User) {
  const options = extensions.map((extension) => h("option", { value: extension }, extension));
  const select = h("select", { "data-testid": "dial-extension" }, ...options);
  const last = recall(`extension.${id}`);
  if (last !== null && extensions.includes(last)) select.value = last;
  select.addEventListener("change", () => remember(`extension.${id}`, select.value));
  return select;
}
