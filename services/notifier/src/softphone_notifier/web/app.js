// Connects session, websocket, calls and views.
/** @import { ConnectionState, Frame, View } from "./types.js" */

import { Api } from "./api.js";
import { Calls } from "./calls.js";
import { Desk } from "./desk.js";
import { settleDoubts } from "./doubts.js";
import { fill, h } from "./dom.js";
import { LANGUAGES, language, setLanguage, t } from "./messages.js";
import { Session } from "./session.js";
import { SignIn } from "./signin.js";
import { Socket } from "./socket.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));

/** @type {View | null} */
let view = null;
/** @type {"expired" | "revoked" | "out" | null} */
let why = null;
let calls = new Calls();
/** @type {ConnectionState} */
let connection = { state: "connecting" };
let extensions = "";

const session = new Session({ onToken, onEnd });
const api = new Api(session);
settleDoubts(calls, api);
const socket = new Socket({
  token: session.token,
  renew: session.renew,
  onFrame,
  onState(state) {
    connection = state;
    if (view instanceof Desk) view.connection.show(state);
  },
  onRevoked: () => session.end("revoked"),
});

/** @param {string} token */
function onToken(token) {
  const now = JSON.stringify(session.user);
  if (view instanceof Desk && extensions === now) return socket.sendToken(token);
  const begins = !(view instanceof Desk);
  extensions = now;
  draw();
  if (begins) {
    socket.start();
    if (view instanceof Desk) void view.reload(); // the list does not wait for the socket
  } else socket.sendToken(token);
}

/** @param {"expired" | "revoked" | "out"} reason */
function onEnd(reason) {
  why = reason;
  socket.stop();
  calls = new Calls();
  settleDoubts(calls, api);
  draw();
}

/** @param {Frame} frame */
function onFrame(frame) {
  calls.take(frame);
  if (!(view instanceof Desk)) return;
  if (frame.type === "hit") view.hit(frame.hit);
  else if (frame.type === "welcome" || frame.type === "resync") void view.again();
  else if (frame.type === "trash" && frame.deleted_at === null) void view.reload();
}

function languageSwitch() {
  const buttons = LANGUAGES.map((tag) =>
    h(
      "button",
      {
        type: "button",
        class: "language",
        lang: tag,
        "aria-pressed": String(tag === language()),
        onclick() {
          setLanguage(tag);
          draw();
        },
      },
      tag.toUpperCase(),
    ),
  );
  return h("div", { class: "languages", role: "group", "aria-label": t("language") }, ...buttons);
}

/** Draws the whole page again: after sign-in, sign-out and a change of the language. */
function draw() {
  view?.stop?.();
  document.documentElement.lang = language();
  document.title = t("product");
  const { user } = session;
  view = user
    ? new Desk({
        user,
        api,
        calls,
        connection,
        languages: languageSwitch(),
        signOut: () => void session.signOut(),
        connected: () => connection.state === "connected",
        watch: (device) => socket.watch(device),
      })
    : new SignIn(session, why, languageSwitch());
  fill(root, view.element);
}

window.setInterval(() => view?.tick?.(), 1000);
if (!(await session.resume())) draw();
