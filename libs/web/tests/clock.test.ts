import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MORNING } from "./examples";

const START = Date.parse(MORNING);

beforeEach(() => {
  vi.resetModules(); // the clock remembers the best time it heard
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

test("the clock is this computer's until the server has sent a time", async () => {
  const { now } = await import("../src/core/clock");
  expect(now()).toBe(START);
});

test("the latest time counts, since each was on its way for a while", async () => {
  const { heardTime, now } = await import("../src/core/clock");
  heardTime(START + 5000);
  heardTime(START + 4000);
  heardTime(Number.NaN);
  expect(now()).toBe(START + 5000);
  vi.advanceTimersByTime(1000);
  expect(now()).toBe(START + 6000);
});

test("seconds since a time are whole and never negative", async () => {
  const { heardTime, secondsSince } = await import("../src/core/clock");
  heardTime(START);
  vi.advanceTimersByTime(2900);
  expect(secondsSince(MORNING)).toBe(2);
  expect(secondsSince(new Date(START + 60_000).toISOString())).toBe(0);
  expect(secondsSince(null)).toBe(0);
});
