// Keeps one websocket open and passes its frames on.
/** @import { ConnectionState, Frame } from "./types.js" */

import { heardTime, now } from "./clock.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
const CROWDED_WAIT = 60_000;
const WELCOME_WITHIN = 10_000;
const BAD_TOKEN = 4001;
const EXPIRED = 4003;
const REVOKED = 4005;
const FLOOD = 4009;
const CROWDED = 4010;

/**
 * @typedef {object} SocketListener
 * @property {() => string | null} token
 * @property {() => Promise<boolean>} renew renews the token; false if that failed
 * @property {(frame: Frame) => void} onFrame
 * @property {(state: ConnectionState) => void} onState
 * @property {() => void} onRevoked
 */

/** Reconnects with growing, random pauses, and at once when the network or the page returns. */
export class Socket {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {number | null} */
  #seen = null;
  #tries = 0;
  #timer = 0;
  #stopped = true;
  #welcome = false;
  /** @type {string | null} */
  #watched = null;

  /** @param {SocketListener} listener */
  constructor(listener) {
    this.listener = listener;
    this.wake = () => {
      if (document.visibilityState === "visible" && !this.#welcome) this.#now();
    };
    // after a change of the network the old connection may hang without an error
    this.online = () => this.#now();
  }

  start() {
    this.#stopped = false;
    window.addEventListener("online", this.online);
    document.addEventListener("visibilitychange", this.wake);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.online);
    document.removeEventListener("visibilitychange", this.wake);
    this.#drop();
  }

  /** @param {string} token */
  sendToken(token) {
    if (this.#welcome) this.#socket?.send(JSON.stringify({ type: "token", token }));
  }

  /**
   * Subscribes to the hits of this device, on each new connection too; null ends it.
   * @param {string | null} device
   */
  watch(device) {
    this.#watched = device;
    this.#sendWatch();
  }

  #sendWatch() {
    const frame = JSON.stringify({ type: "watch", device: this.#watched });
    if (this.#welcome) this.#socket?.send(frame);
  }

  #now() {
    if (this.#stopped) return;
    this.#tries = 0;
    this.#connect();
  }

  #connect() {
    window.clearTimeout(this.#timer);
    this.#drop();
    this.listener.onState({ state: "connecting" });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws`);
    this.#socket = socket;
    this.#timer = window.setTimeout(() => this.#lost(socket, 0), WELCOME_WITHIN);
    socket.onopen = () => {
      socket.send(
        JSON.stringify({ type: "hello", token: this.listener.token(), seen: this.#seen }),
      );
    };
    socket.onmessage = (event) => this.#read(String(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#welcome = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {string} text */
  #read(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text);
    if ("seq" in frame) {
      this.#seen = frame.seq;
      heardTime(frame.seq / 1000);
    }
    if (frame.type === "welcome") {
      window.clearTimeout(this.#timer);
      this.#welcome = true;
      this.#tries = 0;
      if (this.#watched !== null) this.#sendWatch();
      this.listener.onState({ state: "connected" });
    }
    this.listener.onFrame(frame);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code the close code; 0 if no welcome came in time
   */
  async #lost(socket, code) {
    if (socket !== this.#socket) return;
    const welcomed = this.#welcome;
    this.#drop();
    if (code === REVOKED) return this.listener.onRevoked();
    // another page took this one's place; reconnecting at once would make both take turns
    this.#wait(code === FLOOD || code === CROWDED ? CROWDED_WAIT : this.#growing());
    if (code !== EXPIRED && code !== BAD_TOKEN) return;
    // refused right after a renewal: only the growing pause keeps both from looping
    const renewed = await this.listener.renew();
    if (renewed && welcomed) this.#now();
  }

  #growing() {
    return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries++);
  }

  /** @param {number} longest */
  #wait(longest) {
    const pause = longest * (0.5 + Math.random() / 2);
    this.#timer = window.setTimeout(() => this.#connect(), pause);
    this.listener.onState({ state: "waiting", retryAt: now() + pause });
  }
}
