// The page of a signed-in user: navigation, the current view, popups.
/** @import { Api } from "./api.js" */
/** @import { Calls } from "./calls.js" */
/** @import { PlaceName } from "./place.js" */
/** @import { Hit } from "./device-types.js" */
/** @import { ConnectionState, Context, User, View } from "./types.js" */

import { Bin } from "./bin.js";
import { connectionSign } from "./connection.js";
import { DeadLetters } from "./dead-letters.js";
import { DevicePage } from "./device.js";
import { Devices } from "./devices.js";
import { Dialer } from "./dial.js";
import { fill, h, icon, setAttribute, setText } from "./dom.js";
import { History } from "./history.js";
import { t } from "./messages.js";
import { NewDevice } from "./new-device.js";
import { NEW, address, place } from "./place.js";
import { OwnLinkPage } from "./own-link.js";
import { Popups } from "./popup.js";
import { Drafts } from "./storage.js";
import { TenantPage } from "./tenant.js";

const SAID_MILLIS = 8000;

/**
 * How often the list is read again. Administrators need it, because frames bring only calls of
 * their own extensions. So does a page with a running call: the frame of its end may have been lost
 * with the connection, while the log was still behind at the reading that followed.
 */
const REFRESH_MILLIS = 30_000;

/** The roles; each sees the views of the roles before it, and more. */
const RANKS = ["user", "admin", "operator"];
const PLACES = /** @type {const} */ ([
  ["calls", "nav.calls", "user"],
  ["phones", "nav.phones", "admin"],
  ["bin", "nav.bin", "admin"],
  ["settings", "nav.settings", "admin"],
  ["dead-letters", "nav.deadLetters", "operator"],
]);

/** After a resync the log may still be behind, so it is read again after these pauses. */
const REREAD_MILLIS = [2_000, 10_000, 30_000];

/**
 * @typedef {object} DeskOptions
 * @property {User} user
 * @property {Api} api
 * @property {Calls} calls
 * @property {ConnectionState} connection
 * @property {Node} languages
 * @property {() => void} signOut
 * @property {() => boolean} connected
 * @property {Context["watch"]} watch
 */

/** @implements {View} */
export class Desk {
  /** The view that is shown instead of the calls. @type {View | null} */
  #page = null;
  #saying = 0;
  #refreshed = performance.now();
  /** @type {number[]} */
  #rereads = [];

  /** @param {DeskOptions} options */
  constructor({ user, api, calls, connection, languages, signOut, connected, watch }) {
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
      watch,
    };
    this.history = new History(this.context);
    this.popups = new Popups(this.context);
    this.content = h("main", { id: "content", class: "content", tabindex: -1 });
    this.tools = h("div", { class: "tools" }, this.dialer.element, askToNotify());
    const skip = (/** @type {Event} */ event) => {
      event.preventDefault(); // the fragment of the address names the view
      this.content.focus();
    };
    this.element = h(
      "div",
      { class: "desk" },
      h("a", { class: "skip", href: "#content", onclick: skip }, t("skip")),
      this.#top(user, languages, signOut),
      this.tools,
      this.content,
      this.toast,
      this.popups.element,
    );
    this.went = () => void this.#went();
    window.addEventListener("hashchange", this.went);
    const { name, id } = this.#show();
    if (name === "calls" && id !== null) void this.history.open(id);
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
    const own = { class: "user-id", href: address("me"), title: t("own.title"), "data-testid": "me" };
    const logo = h("img", { class: "logo", src: "/web/logo.svg", alt: "", width: 32, height: 32 });
    return h(
      "header",
      { class: "top" },
      h("div", { class: "brand" }, logo, h("h1", {}, t("product"))),
      this.#nav(),
      this.connection.element,
      h("div", { class: "user" }, h("a", own, name, lines), languages, out),
    );
  }

  #nav() {
    const places = this.#places();
    if (places.length === 1) return null;
    this.tabs = places.map(([name, key]) =>
      h("a", { class: "tab", href: address(name), "data-testid": `nav-${name}` }, t(key)),
    );
    return h("nav", { class: "tabs", "aria-label": t("nav.label") }, ...this.tabs);
  }

  /** The views that the role of the user may open. */
  #places() {
    const rank = RANKS.indexOf(this.context.user.role);
    return PLACES.filter(([, , role]) => RANKS.indexOf(role) <= rank);
  }

  /** Shows the view the address names if the role allows it, else the calls. */
  #show() {
    const places = this.#places();
    const asked = place();
    const open = asked.name === "me" || places.some(([known]) => known === asked.name);
    const { name, id } = open ? asked : { name: /** @type {const} */ ("calls"), id: null };
    this.#page?.stop?.();
    this.#page = this.#open(name, id);
    fill(this.content, (this.#page ?? this.history).element);
    this.tools.hidden = name !== "calls" && name !== "bin";
    this.tabs?.forEach((tab, i) =>
      setAttribute(tab, "aria-current", places[i]?.[0] === name ? "page" : null),
    );
    return { name, id };
  }

  /**
   * @param {PlaceName} name
   * @param {string | null} id
   * @returns {View | null} null for the calls, whose view always exists
   */
  #open(name, id) {
    if (name === "bin") return new Bin(this.context);
    if (name === "dead-letters") return new DeadLetters(this.context);
    if (name === "settings") return new TenantPage(this.context);
    if (name === "me") return new OwnLinkPage(this.context);
    if (name === "calls") return null;
    if (id === null) return new Devices(this.context);
    return id === NEW ? new NewDevice(this.context) : new DevicePage(this.context, id);
  }

  /** Follows a change of the address, by a link or by hand. */
  async #went() {
    const { name, id } = this.#show();
    this.content.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    if (name !== "calls") return;
    await this.reload();
    if (id !== null) await this.history.open(id);
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

  /** Reads everything that is shown again, after the connection was lost. */
  again() {
    this.#page?.again?.();
    this.#rereads.forEach((timer) => window.clearTimeout(timer));
    const reread = () => void (this.history.paged || this.reload());
    this.#rereads = REREAD_MILLIS.map((pause) => window.setTimeout(reread, pause));
    return this.reload();
  }

  /** @param {Hit} hit */
  hit(hit) {
    this.#page?.hit?.(hit);
  }

  tick() {
    this.connection.tick();
    this.#page?.tick?.();
    this.history.tick();
    this.popups.tick();
    const { user, calls } = this.context;
    if (user.role !== "user" || calls.all().some((call) => call.outcome === null)) this.#refresh();
  }

  #refresh() {
    if (document.hidden || this.#page || this.history.paged) return;
    if (performance.now() - this.#refreshed < REFRESH_MILLIS) return;
    this.#refreshed = performance.now();
    void this.reload();
  }

  stop() {
    window.clearTimeout(this.#saying);
    this.#rereads.forEach((timer) => window.clearTimeout(timer));
    window.removeEventListener("hashchange", this.went);
    this.#page?.stop?.();
    this.history.stop();
    this.popups.stop();
  }
}

/** A button, since browsers let a page ask only after a click; null once it is decided. */
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
