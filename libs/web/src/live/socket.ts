// Keeps one websocket open and passes its frames on.

import { heardTime, now } from "../core/clock";
import type { Frame } from "../core/types";
import { Watchdog } from "./watchdog";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
const CROWDED_WAIT = 60_000;
const WELCOME_WITHIN = 10_000;
const BAD_TOKEN = 4001;
const EXPIRED = 4003;
const REVOKED = 4005;
const FLOOD = 4009;
const CROWDED = 4010;

export type ConnectionState =
  | { state: "connecting"; again?: boolean }
  | { state: "connected" }
  | { state: "waiting"; retryAt: number };

export interface SocketListener {
  token: () => string | null;
  /** Renews the token; false if that failed. */
  renew: () => Promise<boolean>;
  onFrame: (frame: Frame) => void;
  onState: (state: ConnectionState) => void;
  /** Gets the reason of the close frame. */
  onRevoked: (reason: string) => void;
}

/**
 * Reconnects with growing, random pauses, and at once when the network or the page returns or the
 * connection fell silent.
 */
export class Socket {
  #socket: WebSocket | null = null;
  #seen: number | null = null;
  #tries = 0;
  #timer = 0;
  #stopped = true;
  #welcome = false;
  #watched: string | null = null;
  #watchdog = new Watchdog(() => this.#now());

  readonly wake: () => void;
  readonly resume: () => void;
  readonly show: (event: PageTransitionEvent) => void;
  readonly online: () => void;
  readonly offline: () => void;

  constructor(readonly listener: SocketListener) {
    this.wake = () => {
      if (document.visibilityState !== "visible") return;
      if (!this.#welcome || this.#watchdog.jumped()) this.#now();
    };
    // the browser stopped this page for a while, and may have dropped frames meanwhile
    this.resume = () => this.#now();
    this.show = (event: PageTransitionEvent) => {
      if (event.persisted) this.#now();
    };
    // after a change of the network the old connection may hang without an error
    this.online = () => this.#now();
    this.offline = () => {
      if (this.#socket) void this.#lost(this.#socket, 0);
    };
  }

  start() {
    this.#stopped = false;
    window.addEventListener("online", this.online);
    window.addEventListener("offline", this.offline);
    window.addEventListener("pageshow", this.show);
    document.addEventListener("resume", this.resume);
    document.addEventListener("visibilitychange", this.wake);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.online);
    window.removeEventListener("offline", this.offline);
    window.removeEventListener("pageshow", this.show);
    document.removeEventListener("resume", this.resume);
    document.removeEventListener("visibilitychange", this.wake);
    this.#drop();
  }

  sendToken(token: string) {
    if (this.#welcome) this.#socket?.send(JSON.stringify({ type: "token", token }));
  }

  /** Subscribes to the hits of this device, on each new connection too; null ends it. */
  watch(device: string | null) {
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
    this.listener.onState({ state: "connecting", again: this.#seen !== null });
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
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#welcome = false;
    this.#watchdog.stop();
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #read(text: string) {
    const frame: Frame = JSON.parse(text);
    this.#watchdog.heard();
    if ("seq" in frame) {
      this.#seen = frame.seq;
      heardTime(frame.seq / 1000);
    }
    if (frame.type === "welcome") {
      window.clearTimeout(this.#timer);
      this.#welcome = true;
      this.#tries = 0;
      this.#watchdog.start(frame.alive_seconds);
      if (this.#watched !== null) this.#sendWatch();
      this.listener.onState({ state: "connected" });
    }
    this.listener.onFrame(frame);
  }

  /** Connects again later; the close code is 0 if no welcome came in time. */
  async #lost(socket: WebSocket, code: number, reason: string = "") {
    if (socket !== this.#socket) return;
    const welcomed = this.#welcome;
    this.#drop();
    if (code === REVOKED) return this.listener.onRevoked(reason);
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

  #wait(longest: number) {
    const pause = longest * (0.5 + Math.random() / 2);
    this.#timer = window.setTimeout(() => this.#connect(), pause);
    this.listener.onState({ state: "waiting", retryAt: now() + pause });
  }
}
