import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MissedCalls } from "../src/api/calllog";
import { Calls } from "../src/calls/store";
import type { Api } from "../src/core/client";
import type { User } from "../src/core/types";
import { Missed } from "../src/missed/missed";
import { callOf, later, MORNING } from "./examples";

const USER = { id: "u1", extensions: ["21"] } as unknown as User;

/** A log that counts as it is set to. */
class Log {
  missed: MissedCalls = { count: 0, more_than_count: false, seen_until: null };
  asked: string[] = [];
  readonly api = {
    ask: async (route: string) => {
      this.asked.push(route);
      if (route.startsWith("POST"))
        this.missed = { ...this.missed, count: 0, seen_until: later(9) };
      return this.missed;
    },
  } as unknown as Api;
}

let log: Log;
let calls: Calls;
const open: Missed[] = [];

function tab(user = USER) {
  const missed = new Missed(log.api, user, calls);
  open.push(missed);
  return missed;
}

beforeEach(() => {
  vi.useFakeTimers({
    now: Date.parse(MORNING),
    toFake: ["setTimeout", "clearTimeout", "Date", "performance"],
  });
  log = new Log();
  calls = new Calls();
});
afterEach(() => {
  for (const missed of open.splice(0)) missed.stop();
  vi.useRealTimers();
});

const settled = () => vi.waitFor(() => expect(log.asked.length).toBeGreaterThan(0));
const missedCall = (id: string) => callOf({ id, phase: "missed", outcome: "missed" });

test("a missed call is counted once the log has it", async () => {
  const missed = tab();
  await settled();
  calls.put(missedCall("a"));
  await vi.advanceTimersByTimeAsync(300);
  expect(missed.count).toBe(0);
  log.missed = { ...log.missed, count: 1 };
  await vi.advanceTimersByTimeAsync(1700);
  expect(missed.count).toBe(1);
});

test("only another missed call is a reason to ask again", async () => {
  tab();
  await settled();
  log.asked = [];
  calls.put(callOf({ id: "ringing" }));
  calls.put(callOf({ id: "out", phase: "ended", direction: "outbound", outcome: "unanswered" }));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(log.asked).toEqual([]);
  calls.put(missedCall("a"));
  calls.put(missedCall("a"));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(log.asked).toHaveLength(3);
});

test("a connection soon after the first reading causes no other one at once", async () => {
  const missed = tab();
  await settled();
  missed.again();
  await vi.advanceTimersByTimeAsync(1999);
  expect(log.asked).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log.asked).toHaveLength(3);
  await vi.advanceTimersByTimeAsync(10_000);
  missed.again();
  await vi.advanceTimersByTimeAsync(300);
  expect(log.asked).toHaveLength(4);
});

test("what is seen is marked, and nothing is marked twice", async () => {
  log.missed = { ...log.missed, count: 2 };
  const missed = tab();
  await vi.waitFor(() => expect(missed.count).toBe(2));
  await Promise.all([missed.see(), missed.see()]);
  await missed.see();
  expect(missed.count).toBe(0);
  expect(log.asked.filter((route) => route.startsWith("POST"))).toHaveLength(1);
});

test("a count from before the mark is not shown any more", async () => {
  log.missed = { count: 2, more_than_count: false, seen_until: MORNING };
  const missed = tab();
  await vi.waitFor(() => expect(missed.count).toBe(2));
  await missed.see();
  log.missed = { count: 2, more_than_count: false, seen_until: MORNING };
  await missed.read();
  expect(missed.count).toBe(0);
});

test("a user without an extension misses nothing", async () => {
  await tab({ ...USER, extensions: [] }).read();
  expect(log.asked).toEqual([]);
});
