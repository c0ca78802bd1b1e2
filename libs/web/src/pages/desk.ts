// The page of a signed-in user: navigation, the current view, popups.

import type { PreferenceStore } from "../alerts/preferences";
import { Switches } from "../alerts/switches";
import { CallApi } from "../calls/call-api";
import type { Context } from "../calls/context";
import { Dialer } from "../calls/dialer";
import type { Calls } from "../calls/store";
import type { Api } from "../core/client";
import { Drafts } from "../core/drafts";
import { type Place, place } from "../core/place";
import type { Hit, User } from "../core/types";
import type { View } from "../core/view";
import { fill, h } from "../dom/dom";
import { titleView } from "../dom/title";
import { Toast } from "../dom/toast";
import { mayLeave } from "../forms/leave";
import { anythingUnsaved } from "../forms/unsaved";
import { History } from "../history/history";
import { t } from "../i18n/messages";
import { KeyHelp } from "../keys/help";
import { Keyboard } from "../keys/keyboard";
import { RovingRows } from "../keys/rows";
import { connectionSign } from "../live/connection";
import type { ConnectionState } from "../live/socket";
import { MissedBadge } from "../missed/badge";
import { Popups } from "../popup/popups";
import { ActivationBanner } from "./activation-banner";
import { deskActions } from "./desk-actions";
import { header } from "./header";
import { askToNotify } from "./notify";
import { mayOpen, openView, titleOf } from "./places";
import { Rereading } from "./rereading";

export interface DeskOptions {
  user: User;
  api: Api;
  preferences: PreferenceStore;
  calls: Calls;
  connection: ConnectionState;
  languages: Node;
  signOut: () => void;
  connected: () => boolean;
  watch: Context["watch"];
  renewed: Context["renewed"];
  changed: Context["changed"];
}

export class Desk implements View {
  /** The view that is shown instead of the calls. */
  #page: View | null = null;
  readonly #toast = new Toast();
  readonly #context: Context;
  readonly #dialer: Dialer;
  readonly #history: History;
  readonly #banner: ActivationBanner;
  readonly #popups: Popups;
  readonly #rereading: Rereading;
  readonly #switches: Switches;
  readonly #help = new KeyHelp();
  readonly #keyboard: Keyboard;
  readonly #rows: RovingRows;
  readonly #missed: MissedBadge;
  readonly #header: ReturnType<typeof header>;
  readonly #content = h("main", { id: "content", class: "content", tabindex: -1 });
  readonly #tools: HTMLElement;
  readonly connection: ReturnType<typeof connectionSign>;
  readonly element: HTMLElement;

  constructor({ user, api, preferences, calls, connection, languages, ...rest }: DeskOptions) {
    const callApi = new CallApi(api);
    const say = this.#toast.say.bind(this.#toast);
    const dialed = () => void (rest.connected() || this.reload());
    this.connection = connectionSign(connection);
    this.#dialer = new Dialer({ user, api: callApi, say, dialed });
    this.#context = {
      user,
      api,
      callApi,
      calls,
      say,
      preferences,
      offer: this.#toast.offer.bind(this.#toast),
      drafts: new Drafts(`${user.tenant}.${user.id}`),
      dial: (number) => void this.#dialer.dial(number),
      reload: () => this.reload(),
      displays: (call) => this.#popups.displayed(call),
      watch: rest.watch,
      renewed: rest.renewed,
      changed: rest.changed,
    };
    this.#banner = new ActivationBanner(api, user);
    this.#history = new History(this.#context);
    this.#rereading = new Rereading(this.#history);
    this.#popups = new Popups(this.#context);
    const [popups, help] = [this.#popups, this.#help];
    const openWaiting = () => void (popups.openWaiting() && popups.toggleFocus());
    this.#switches = new Switches(this.#context, openWaiting, () => help.show());
    popups.onWaiting = (count) => this.#switches.waiting(count);
    this.#rows = new RovingRows(this.#history.element);
    this.#keyboard = new Keyboard(
      deskActions({
        context: this.#context,
        popups,
        content: this.#content,
        list: this.#history.element,
        help,
      }),
    );
    this.#tools = h("div", { class: "tools" }, this.#dialer.element, askToNotify(this.#context));
    this.#missed = new MissedBadge(this.#context, this.#content);
    this.#header = header({
      user,
      connection: this.connection.element,
      switches: this.#switches.element,
      missed: this.#missed.element,
      languages,
      signOut: rest.signOut,
    });
    this.element = h(
      "div",
      { class: "desk" },
      h("nav", { class: "skips", "aria-label": t("skips") }, this.#skipLink(), popups.skipLink),
      this.#header.element,
      this.#banner.element,
      this.#tools,
      this.#content,
      this.#toast.element,
      popups.element,
      help.element,
    );
    window.addEventListener("hashchange", this.#onHash);
    const { name, id } = this.#show();
    this.#missed.listed(name === "calls", false);
    if (name === "calls" && id !== null) void this.#history.open(id);
  }

  #skipLink() {
    const onclick = (event: Event) => {
      event.preventDefault(); // the fragment of the address names the view
      this.#content.focus();
    };
    return h("a", { class: "skip", href: "#content", onclick }, t("skip"));
  }

  /** Shows the view the address names if the role allows it, else the calls. */
  #show(): Place {
    const wanted = place();
    const may = mayOpen(wanted.name, this.#context.user);
    const { name, id }: Place = may ? wanted : { name: "calls", id: null };
    this.#page?.stop?.();
    this.#page = openView(name, id, this.#context);
    fill(this.#content, (this.#page ?? this.#history).element);
    this.#tools.hidden = name !== "calls";
    this.#header.mark(name);
    titleView(t(titleOf(name)));
    return { name, id };
  }

  #onHash = (event: HashChangeEvent) => void this.#follow(event.oldURL);

  /** Follows a change of the address, by a link or by hand. */
  async #follow(before: string) {
    if (anythingUnsaved()) {
      const wanted = location.hash;
      history.replaceState(null, "", before); // until the user has answered
      if (!(await mayLeave())) return;
      history.replaceState(null, "", wanted);
    }
    const { name, id } = this.#show();
    this.#missed.listed(name === "calls", true);
    this.#content.focus({ preventScroll: true });
    window.scrollTo(0, 0);
    if (name !== "calls") return;
    this.#history.follow();
    await this.reload();
    if (id !== null) await this.#history.open(id);
  }

  /** Shows a message for a few seconds. */
  say(words: string) {
    this.#toast.say(words, "good");
  }

  reload() {
    return this.#history.read(null);
  }

  /** Reads everything that is shown again, after the connection was lost. */
  again() {
    this.#page?.again?.();
    this.#missed.again();
    this.#banner.again();
    return this.#rereading.again();
  }

  hit(hit: Hit) {
    this.#page?.hit?.(hit);
  }

  tick() {
    this.connection.tick();
    this.#page?.tick?.();
    this.#history.tick();
    this.#popups.tick();
    const { user, calls } = this.#context;
    const isDue = user.role !== "user" || calls.all().some((call) => call.outcome === null);
    if (isDue && this.#page === null) this.#rereading.tick();
  }

  stop() {
    this.#toast.stop();
    this.#rereading.stop();
    this.#banner.stop();
    window.removeEventListener("hashchange", this.#onHash);
    this.#page?.stop?.();
    this.#history.stop();
    this.#popups.stop();
    this.#switches.stop();
    this.#keyboard.stop();
    this.#rows.stop();
    this.#missed.stop();
    this.#context.drafts.stop();
  }
}
