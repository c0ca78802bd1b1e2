import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ConnectionState, Socket } from "../src/live/socket";

/** The browser's websocket, without a server behind it. */
class FakeWebSocket {
  static opened: FakeWebSocket[] = [];
  static get last() {
    return FakeWebSocket.opened.at(-1) as FakeWebSocket;
  }
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: unknown[] = [];

  constructor(readonly url: string) {
    FakeWebSocket.opened.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {}
  receives(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  welcome(seq = 7) {
    this.onopen?.();
    this.receives({ type: "welcome", seq, calls: [], alive_seconds: 20 });
  }
  closes(code: number, reason = "") {
    this.onclose?.({ code, reason });
  }
}

let states: ConnectionState[] = [];
let ends: string[] = [];
let renewals: boolean[] = [];
let socket: Socket;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeWebSocket);
  vi.spyOn(Math, "random").mockReturnValue(1);
  [FakeWebSocket.opened, states, ends, renewals] = [[], [], [], []];
  socket = new Socket({
    token: () => "token",
    renew: async () => renewals.shift() ?? false,
    onFrame: () => undefined,
    onState: (state) => states.push(state),
    onRevoked: (reason) => ends.push(reason),
  });
  socket.start();
});
afterEach(() => {
  socket.stop();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Lets a pause pass and returns whether a socket was opened at its end and not before. */
function opensAfter(millis: number) {
  const before = FakeWebSocket.opened.length;
  vi.advanceTimersByTime(millis - 1);
  const early = FakeWebSocket.opened.length > before;
  vi.advanceTimersByTime(1);
  return !early && FakeWebSocket.opened.length === before + 1;
}

test("the first frame has the token and no number, the next one the last number seen", () => {
  FakeWebSocket.last.welcome(7);
  expect(FakeWebSocket.last.sent).toEqual([{ type: "hello", token: "token", seen: null }]);
  expect(FakeWebSocket.last.url).toMatch(/^ws:.*\/ws$/);
  FakeWebSocket.last.closes(1006);
  vi.advanceTimersByTime(500);
  FakeWebSocket.last.welcome(8);
  expect(FakeWebSocket.last.sent).toEqual([{ type: "hello", token: "token", seen: 7 }]);
  expect(states.map(({ state }) => state)).toEqual([
    "connecting",
    "connected",
    "waiting",
    "connecting",
    "connected",
  ]);
});

test("the pauses grow to ten seconds, and begin anew after a welcome", () => {
  for (const pause of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    FakeWebSocket.last.closes(1006);
    expect(opensAfter(pause)).toBe(true);
  }
  FakeWebSocket.last.welcome();
  FakeWebSocket.last.closes(1006);
  expect(opensAfter(500)).toBe(true);
});

test("a server that never welcomes is given up after ten seconds", () => {
  FakeWebSocket.last.onopen?.();
  vi.advanceTimersByTime(10_000);
  expect(states.at(-1)?.state).toBe("waiting");
});

test("a silence of two intervals is a lost connection", () => {
  FakeWebSocket.last.welcome();
  vi.advanceTimersByTime(39_000);
  FakeWebSocket.last.receives({ type: "alive" });
  vi.advanceTimersByTime(39_000);
  expect(FakeWebSocket.opened).toHaveLength(1);
  vi.advanceTimersByTime(3000);
  expect(FakeWebSocket.opened).toHaveLength(2);
});

describe("a close of the server", () => {
  test("of a crowded user waits a minute", () => {
    FakeWebSocket.last.welcome();
    FakeWebSocket.last.closes(4010);
    expect(opensAfter(60_000)).toBe(true);
  });

  test("of an expired token connects at once with a new one", async () => {
    renewals = [true];
    FakeWebSocket.last.welcome();
    FakeWebSocket.last.closes(4003);
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeWebSocket.opened).toHaveLength(2);
  });

  test("of a token that was refused before a welcome waits, renewed or not", async () => {
    renewals = [true];
    FakeWebSocket.last.closes(4001);
    await vi.advanceTimersByTimeAsync(499);
    expect(FakeWebSocket.opened).toHaveLength(1);
  });

  test("of a revoked user ends everything", () => {
    FakeWebSocket.last.welcome();
    FakeWebSocket.last.closes(4005, "session-ended");
    vi.advanceTimersByTime(3_600_000);
    expect(ends).toEqual(["session-ended"]);
    expect(FakeWebSocket.opened).toHaveLength(1);
  });
});

describe("the network", () => {
  test("that goes away is noticed at once", () => {
    FakeWebSocket.last.welcome();
    window.dispatchEvent(new Event("offline"));
    expect(states.at(-1)?.state).toBe("waiting");
  });

  test("that comes back connects at once", () => {
    FakeWebSocket.last.closes(1006);
    window.dispatchEvent(new Event("online"));
    expect(FakeWebSocket.opened).toHaveLength(2);
  });
});

test("a watched device is watched again on each connection, until nobody watches", () => {
  socket.watch("device-1");
  FakeWebSocket.last.welcome();
  const watch = (device: string | null) => ({ type: "watch", device });
  expect(FakeWebSocket.last.sent).toContainEqual(watch("device-1"));
  window.dispatchEvent(new Event("online"));
  FakeWebSocket.last.welcome();
  expect(FakeWebSocket.last.sent).toContainEqual(watch("device-1"));
  socket.watch(null);
  expect(FakeWebSocket.last.sent).toContainEqual(watch(null));
});

test("a stopped socket stays closed and sends no token", () => {
  FakeWebSocket.last.welcome();
  const { sent } = FakeWebSocket.last;
  socket.stop();
  window.dispatchEvent(new Event("online"));
  socket.sendToken("next");
  expect([FakeWebSocket.opened.length, sent.length]).toEqual([1, 1]);
});
