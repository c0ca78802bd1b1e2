// Connects session, websocket, calls and views.

import { applyPreferences, needsWords } from "./account/preferences";
import { showTheme } from "./account/theme";
import { PreferenceStore } from "./alerts/preferences";
import type { Profile } from "./api/notifier";
import { CallApi } from "./calls/call-api";
import { settleDoubts } from "./calls/doubts";
import { Calls } from "./calls/store";
import { Api } from "./core/client";
import { place } from "./core/place";
import { type EndReason, Session } from "./core/session";
import type { Frame, SessionAnswer } from "./core/types";
import type { View } from "./core/view";
import { fill } from "./dom/dom";
import { titleView } from "./dom/title";
import { isForStrangers, strangersView } from "./first-start/strangers";
import { keepEntries, watchEntries } from "./forms/entries";
import { anythingUnsaved } from "./forms/unsaved";
import { language, load, t } from "./i18n/messages";
import { type ConnectionState, Socket } from "./live/socket";
import { Desk } from "./pages/desk";
import { languageSwitch } from "./pages/languages";
import { type Arrival, arrival } from "./people/arrival";
import { SignIn } from "./people/sign-in";

const root = document.getElementById("app") as HTMLElement;

/** Why a session ended, by the reason of its socket's close frame. */
const ENDED: Record<string, EndReason> = { "session-ended": "ended", "tenant-switched-off": "off" };

let view: View | null = null;
let why: EndReason | null = null;
/** How a sign-in at a provider failed, until somebody is signed in. */
let failed: Arrival | null = null;
let calls = new Calls();
let connection: ConnectionState = { state: "connecting" };
let shownUser = "";

showTheme();
watchEntries(root);
const words = load("page"); // while the session is renewed
const preferences = new PreferenceStore();
const session = new Session({ onToken, onEnd });
const api = new Api(session);
let stopDoubts = settleDoubts(calls, new CallApi(api));
const socket = new Socket({
  token: session.token,
  renew: session.renew,
  onFrame,
  onState(state) {
    if (state.state === "connected" && "again" in connection && connection.again) api.readAgain();
    connection = state;
    if (view instanceof Desk) view.connection.show(state);
  },
  onRevoked: (reason) => session.end(ENDED[reason] ?? "revoked"),
});

function onToken(token: string, answer: SessionAnswer) {
  preferences.take(answer);
  const user = JSON.stringify(session.user);
  if (view instanceof Desk && shownUser === user) return socket.sendToken(token);
  const begins = !(view instanceof Desk);
  failed = null;
  if (begins && needsWords(answer.preferences)) return void beginInLanguage(token, answer);
  if (begins) void applyPreferences(answer.preferences);
  shownUser = user;
  if (!begins) {
    keepEntries(root, draw);
    return socket.sendToken(token);
  }
  draw();
  socket.start();
  if (view instanceof Desk) void view.reload(); // the list does not wait for the socket
}

/** Draws the page of a user whose language is another than that of the browser. */
async function beginInLanguage(token: string, answer: SessionAnswer) {
  const isThere = await applyPreferences(answer.preferences);
  if (session.token() !== token) return; // signed out meanwhile
  // if the words cannot be loaded, the page keeps its own language
  const own = { ...answer.preferences, language: "browser" as const };
  onToken(token, isThere ? answer : { ...answer, preferences: own });
}

async function profileChanged(profile: Profile) {
  const isOther = JSON.stringify(profile.user) !== shownUser;
  preferences.take(profile);
  const isTranslated = await applyPreferences(profile.preferences);
  if (isOther) await session.renew();
  else if (isTranslated) keepEntries(root, draw);
  if ((isOther || isTranslated) && view instanceof Desk) view.say(t("form.saved"));
}

/** Draws the page in the language that was chosen, and stores it with the user. */
function languageChosen() {
  keepEntries(root, draw);
  if (session.user === null) return;
  // this browser has the language all the same
  preferences.change(api, { language: language() }).catch(() => undefined);
}

function onEnd(reason: EndReason) {
  why = reason;
  socket.stop();
  // The next user must not see the call that was open. A number that a phone opened stays in the
  // address, so that it is looked up after the next sign-in.
  if (place().name !== "pop") history.replaceState(null, "", location.pathname);
  stopDoubts();
  calls = new Calls();
  stopDoubts = settleDoubts(calls, new CallApi(api));
  draw();
}

function onFrame(frame: Frame) {
  calls.take(frame);
  if (!(view instanceof Desk)) return;
  if (frame.type === "hit") view.hit(frame.hit);
  else if (frame.type === "welcome" || frame.type === "resync") void view.again();
  else if (frame.type === "trash" && frame.deleted_at === null) void view.reload();
}

/** Draws the whole page again: after sign-in, sign-out and a change of the language. */
function draw() {
  view?.stop?.();
  document.documentElement.lang = language();
  titleView(session.user ? "" : t("signin.title"));
  const { user } = session;
  const languages = languageSwitch(languageChosen);
  view =
    strangersView({ session, languages }) ??
    (user
      ? new Desk({
          user,
          api,
          preferences,
          calls,
          connection,
          languages,
          signOut: () => void session.signOut(),
          connected: () => connection.state === "connected",
          watch: (device) => socket.watch(device),
          renewed: (answer) => session.replace(answer),
          changed: (profile) => void profileChanged(profile),
        })
      : new SignIn(session, why, failed, languages));
  fill(root, view.element);
}

async function start() {
  if (isForStrangers()) {
    await words;
    return draw();
  }
  const arrived = arrival();
  failed = arrived;
  const ended = await session.resume(words, arrived?.code === "");
  await words;
  if (session.user !== null) return;
  why ??= failed === null ? ended : null;
  draw();
}

/** Browsers ask in their own words whether a page with unsaved input may be left. */
window.addEventListener("beforeunload", (event) => {
  if (anythingUnsaved()) event.preventDefault();
});
window.addEventListener("hashchange", () => {
  if (isForStrangers()) location.reload(); // without the session of the user who is signed in
});
window.setInterval(() => view?.tick?.(), 1000);
void start();
