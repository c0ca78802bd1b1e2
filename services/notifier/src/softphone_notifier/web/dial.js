// Click-to-call: asks the server for a call and opens its link in the softphone.
/** @import { Api } from "./api.js" */
/** @import { User, View } from "./types.js" */

import { reason } from "./api.js";
import { field, h, icon, setText } from "./dom.js";
import { t } from "./messages.js";
import { recall, remember } from "./storage.js";

const DOUBLE_CLICK_MS = 2000;
const FORBIDDEN = new Set(["javascript", "data", "vbscript", "blob", "file"]);

/**
 * Opens a dial link. Returns false if its scheme would run a script or open a file.
 * @param {string} link
 */
export function openLink(link) {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(link)?.[1]?.toLowerCase();
  if (scheme === undefined || FORBIDDEN.has(scheme)) return false;
  if (scheme === "http" || scheme === "https") window.open(link, "_blank", "noopener");
  else location.href = link;
  return true;
}

/**
 * @typedef {object} DialOptions
 * @property {User} user
 * @property {Api} api
 * @property {(text: string, kind: "good" | "bad") => void} say
 * @property {() => void} dialed called when the call was requested
 */

/**
 * A click on a number: its idempotency key, its time, and whether its link was opened.
 * @typedef {{ number: string, extension: string, key: string, at: number, opened: boolean }} Click
 */

/**
 * The dial field, and `dial` for numbers that are clicked anywhere.
 * @implements {View}
 */
export class Dialer {
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

  /** @type {Click | null} */
  #last = null;

  /** @param {DialOptions} options */
  constructor(options) {
    this.options = options;
    const { extensions } = options.user;
    this.extension = extensionSelect(extensions);
    this.element = extensions.length
      ? this.#form(extensions.length > 1)
      : h("p", { class: "meta dial-none", "data-testid": "dial-none" }, t("dial.none"));
  }

  /** @param {boolean} choose whether there is more than one extension to dial from */
  #form(choose) {
    this.number.addEventListener("input", () => this.#fail(""));
    const submit = (/** @type {Event} */ event) => {
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

  /** @param {string} number */
  dial(number) {
    return this.#dial(number, (why) => this.options.say(why, "bad"));
  }

  /** @param {string} number @param {(why: string) => void} failed */
  async #dial(number, failed) {
    const { api, say, dialed } = this.options;
    const click = this.#click(number);
    this.button.disabled = true;
    try {
      const { link } = await api.dial(number, click.extension || null, click.key);
      if (click.opened) return;
      click.opened = true;
      dialed();
      if (!openLink(link)) return failed(t("dial.badLink"));
      this.number.value = "";
      say(t("dial.done", { number }), "good");
    } catch (error) {
      failed(t("dial.failed", { why: reason(error) }));
    } finally {
      this.button.disabled = false;
    }
  }

  /**
   * Returns this click, or the one just before if both are a double click.
   * @param {string} number
   */
  #click(number) {
    const extension = this.extension.value;
    const same = this.#last?.number === number && this.#last.extension === extension;
    if (same && this.#last && this.#isRecent()) return this.#last;
    this.#last = { number, extension, key: randomKey(), at: performance.now(), opened: false };
    return this.#last;
  }

  #isRecent() {
    return this.#last !== null && performance.now() - this.#last.at < DOUBLE_CLICK_MS;
  }

  /** @param {string} words */
  #fail(words) {
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

/** @param {string[]} extensions */
function extensionSelect(extensions) {
  const options = extensions.map((extension) => h("option", { value: extension }, extension));
  const select = h("select", { "data-testid": "dial-extension" }, ...options);
  const last = recall("extension");
  if (last !== null && extensions.includes(last)) select.value = last;
  select.addEventListener("change", () => remember("extension", select.value));
  return select;
}
