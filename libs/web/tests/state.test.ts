import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fellSilent, mine, rangAgainAt, ringSeconds, talkSeconds } from "../src/calls/state";
import { callOf, later, legOf, MORNING } from "./examples";

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(MORNING) });
});
afterEach(() => {
  vi.useRealTimers();
});

const colleague = legOf({ extension: "22", answered: true, connected_at: later(4) });

describe("what a call is for the user at 21", () => {
  test.each([
    ["ringing", callOf()],
    ["missed", callOf({ legs: [legOf({ ended_at: later(9) }), legOf({ extension: "22" })] })],
    ["elsewhere", callOf({ phase: "ended", answered_by: "22", legs: [legOf(), colleague] })],
    ["elsewhere", callOf({ phase: "connected", answered_by: "22", legs: [legOf(), colleague] })],
    ["connected", callOf({ phase: "connected", legs: [legOf({ answered: true })] })],
    ["connected", callOf({ phase: "connected", legs: [legOf()] })],
    [
      "ended",
      callOf({ phase: "connected", legs: [legOf({ answered: true, ended_at: later(9) })] }),
    ],
    [
      "ringing",
      callOf({ phase: "connected", answered_by: "22", legs: [legOf({ transferred: true })] }),
    ],
    ["missed", callOf({ phase: "missed" })],
  ])("is %s", (expected, call) => {
    expect(mine(call, ["21"])).toBe(expected);
  });
});

test("a ringing that is not reported to end falls silent after ten minutes", () => {
  const call = callOf();
  vi.advanceTimersByTime(600_000);
  expect([fellSilent(call), ringSeconds(call)]).toEqual([false, 600]);
  vi.advanceTimersByTime(1000);
  expect([fellSilent(call), ringSeconds(call)]).toEqual([true, null]);
});

test("a click waits two minutes for its phone", () => {
  const call = callOf({ phase: "dialed", rung_at: null, dialed_at: MORNING });
  vi.advanceTimersByTime(121_000);
  expect(fellSilent(call)).toBe(true);
});

test("a desk that rings again counts from then", () => {
  const call = callOf({
    legs: [legOf({ reopened_at: later(700) }), legOf({ extension: "22", reopened_at: later(60) })],
  });
  vi.advanceTimersByTime(1200_000);
  expect(fellSilent(call)).toBe(false);
  expect(rangAgainAt(call)).toBe(later(700));
  expect(rangAgainAt(call, ["22"])).toBe(later(60));
});

test("the talk of a running call grows, and that of an ended one is the server's", () => {
  vi.advanceTimersByTime(65_000);
  expect(talkSeconds(callOf({ phase: "connected", connected_at: later(5) }))).toBe(60);
  expect(talkSeconds(callOf({ phase: "ended", talk_seconds: 58 }))).toBe(58);
  expect(talkSeconds(callOf())).toBeNull();
});
