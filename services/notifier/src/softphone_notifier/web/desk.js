// The page of somebody signed in, put together from its parts; each part does its own work.
/** @import { Api } from "./api.js" */
/** @import { Calls } from "./calls.js" */
/** @import { ConnectionState, Context, User, View } from "./types.js" */

import { Bin } from "./bin.js";
import { connectionSign } from "./connection.js";
import { Dialer } from "./dial.js";
import { fill, h, icon, setAttribute, setText } from "./dom.js";
import { History } from "./history.js";
import { t } from "./messages.js";
import { Popups } from "./popup.js";
import { Drafts } from "./storage.js";

const SAID_MILLIS = 8000;

/** Administrators list calls of which no frame tells them: so often their list is read again. */
const REFRESH_MILLIS = 30_000;

/**
 * @typedef {object} DeskOptions
 * @property {User} user
 * @property {Api} api
 * @property {Calls} calls
 * @property {ConnectionState} connection
 * @property {Node} languages
 * @property {() => void} signOut
 * @property {() => boolean} connected
 */

/** @implements {View} */
export class Desk {
  /** @type {View | null} */
  #bin = null;
  #saying = 0;
  #refreshed = performance.now();

  /** @param {DeskOptions} options */
  constructor({ user, api, calls, connection, languages, signOut, connected }) {
    this.connection = connectionSign(connection);
    this.toast = h("p", { class: "toast", role: "status", hidden: true, "data-testid": "toast" });
    const say = this.say.bind(this);
    const dialed = () => void (connected() || this.reload());
    this.dialer = new Dialer({ user, api, say, dialed });
    /** @type {Context} */
    this.context = {
      user,
      api,
      calls,
      say,
      drafts: new Drafts(`${user.tenant}.${user.id}`),
      dial: (number) => void this.dialer.dial(number),
      reload: () => this.reload(),
    };
    this.history = new History(this.context);
    this.popups = new Popups(this.context);
    this.content = h(
      "main",
      { id: "content", class: "content", tabindex: -1 },
      this.history.element,
    );
    this.element = h(
      "div",
      { class: "desk" },
      h("a", { class: "skip", href: "#content" }, t("skip")),
      this.#top(user, languages, signOut),
      h("div", { class: "tools" }, this.dialer.element, askToNotify()),
      this.content,
      this.toast,
      this.popups.element,
    );
  }

  /** @param {User} user @param {Node} languages @param {() => void} signOut */
  #top(user, languages, signOut) {
    const { extensions } = user;
    const name = h("span", { class: "user-name" }, user.name || user.login);
    const lines = h("span", { class: "meta" });
    if (extensions.length) {
      setText(lines, t("extension", { extension: extensions.join(", ") }));
    }
    const out = h(
      "button",
      { type: "button", class: "button quiet", "data-testid": "signout", onclick: signOut },
      t("signout"),
    );
    const logo = h("img", { class: "logo", src: "/web/logo.svg", alt: "", width: 32, height: 32 });
    return h(
      "header",
      { class: "top" },
      h("div", { class: "brand" }, logo, h("h1", {}, t("product"))),
      this.#tabs(user),
      this.connection.element,
      h("div", { class: "user" }, h("span", { class: "user-id" }, name, lines), languages, out),
    );
  }

  /** @param {User} user */
  #tabs(user) {
    if (user.role === "user") return null;
    /** @param {string} testid @param {string} words @param {boolean} bin */
    const tab = (testid, words, bin) =>
      h(
        "button",
        { type: "button", class: "tab", "data-testid": testid, onclick: () => this.#go(bin) },
        words,
      );
    this.tabs = [tab("nav-calls", t("nav.calls"), false), tab("nav-bin", t("nav.bin"), true)];
    setAttribute(/** @type {Element} */ (this.tabs[0]), "aria-current", "page");
    return h("nav", { class: "tabs", "aria-label": t("nav.label") }, ...this.tabs);
  }

  /** @param {boolean} bin */
  #go(bin) {
    this.#bin = bin ? new Bin(this.context) : null;
    if (!bin) void this.reload();
    fill(this.content, (this.#bin ?? this.history).element);
    this.tabs?.forEach((tab, i) =>
      setAttribute(tab, "aria-current", (i === 1) === bin ? "page" : null),
    );
  }

  /** @param {string} text @param {"good" | "bad"} kind */
  say(text, kind) {
    window.clearTimeout(this.#saying);
    this.toast.className = `toast ${kind}`;
    this.toast.hidden = false;
    setText(this.toast, text);
    this.#saying = window.setTimeout(() => (this.toast.hidden = true), SAID_MILLIS);
  }

  reload() {
    return this.history.read(null);
  }

  tick() {
    this.connection.tick();
    this.history.tick();
    this.popups.tick();
    if (this.context.user.role !== "user") this.#refresh();
  }

  #refresh() {
    if (document.hidden || this.#bin || this.history.paged) return;
    if (performance.now() - this.#refreshed < REFRESH_MILLIS) return;
    this.#refreshed = performance.now();
    void this.reload();
  }

  stop() {
    window.clearTimeout(this.#saying);
    this.history.stop();
    this.popups.stop();
  }
}

/** A button, since browsers let a page ask only after a click; nothing once it is decided. */
function askToNotify() {
  if (!("Notification" in window) || Notification.permission !== "default") return null;
  const button = h(
    "button",
    { type: "button", class: "button quiet", "data-testid": "notify" },
    icon("bell"),
    t("notify.ask"),
  );
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    button.hidden = Notification.permission !== "default";
  });
  return button;
}
