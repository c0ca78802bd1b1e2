import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Filter, NO_FILTER } from "../src/calls/filter";
import { Calls } from "../src/calls/store";
import type { Call } from "../src/core/types";
import { callOf, commentOf, later, legOf, MORNING, matchOf, statesOfOneCall } from "./examples";

const page = (...items: Call[]) => ({ items, next: null });
const ids = (calls: Calls) => calls.list().map((call) => call.id);

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse(MORNING) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a call that comes in several states", () => {
  const [rings, talks, ended] = statesOfOneCall() as [Call, Call, Call];
  const orders = [
    [rings, talks, ended],
    [ended, rings, talks],
    [talks, ended, rings],
    [ended, talks, rings],
    [rings, ended, ended],
  ];

  test.each(orders)("is in its last state after pages of any order", (...states) => {
    const calls = new Calls();
    for (const state of states) calls.read(page(state), true);
    expect(calls.get("a")?.phase).toBe("ended");
  });

  test("does not go back to a frame that knows less", () => {
    const calls = new Calls();
    const doubtful: string[] = [];
    calls.onDoubt = (call) => doubtful.push(call.phase);
    for (const state of [rings, ended, talks]) calls.put(state);
    expect(calls.get("a")?.phase).toBe("ended");
    expect(doubtful).toEqual(["connected"]);
  });

  test("rings again after an end, as in a queue", () => {
    const calls = new Calls();
    const missed = callOf({ phase: "missed", legs: [legOf({ ended_at: later(20) })] });
    const again = callOf({ legs: [legOf({ ended_at: null, reopened_at: later(40) })] });
    calls.put(missed);
    calls.put(again);
    expect(calls.get("a")?.phase).toBe("ringing");
  });

  test("keeps that a frame had no matches while the log has not looked yet", () => {
    const calls = new Calls();
    calls.put(callOf({ matched: true }));
    calls.read({ items: [callOf()], next: null }, true);
    expect(calls.get("a")?.matched).toBe(true);
    calls.put(callOf());
    expect(calls.get("a")?.matched).toBe(false);
  });

  test("keeps the matches of a frame that the log does not have yet", () => {
    const calls = new Calls();
    calls.put(callOf({ matches: [matchOf("Keller")] }));
    calls.read(page(callOf()), true);
    expect(calls.get("a")?.matches.map((match) => match.name)).toEqual(["Keller"]);
  });
});

describe("comments", () => {
  test("of frames and pages are joined by id, the oldest first", () => {
    const calls = new Calls();
    calls.put(callOf({ comments: [commentOf("2", later(2))] }));
    calls.addComment(commentOf("3", later(3)));
    calls.addComment(commentOf("3", later(3)));
    calls.addOlderComments("a", [commentOf("1", later(1)), commentOf("2", later(2))]);
    const call = calls.get("a");
    expect(call?.comments.map(({ id }) => id)).toEqual(["1", "2", "3"]);
    expect(call?.comments_count).toBe(3);
  });

  test("that the page does not have are counted", () => {
    const calls = new Calls();
    calls.read(page(callOf({ comments: [commentOf("9")], comments_count: 9 })), true);
    calls.put(callOf());
    calls.addComment(commentOf("10"));
    expect(calls.get("a")?.comments_count).toBe(10);
  });
});

describe("the list", () => {
  test("has the newest call first", () => {
    const calls = new Calls();
    calls.put(callOf({ id: "old" }));
    calls.put(callOf({ id: "new", started_at: later(60) }));
    expect(ids(calls)).toEqual(["new", "old"]);
  });

  test("keeps a call whose frame came while the page was read, for a minute", () => {
    const calls = new Calls();
    calls.put(callOf({ id: "late", started_at: later(60) }));
    calls.read(page(callOf()), true);
    expect(ids(calls)).toEqual(["late", "a"]);
    vi.advanceTimersByTime(61_000);
    calls.read(page(callOf()), true);
    expect(ids(calls)).toEqual(["a"]);
  });

  test("grows by further pages", () => {
    const calls = new Calls();
    calls.read({ items: [callOf({ id: "b", started_at: later(9) })], next: "c" }, true);
    calls.read(page(callOf()), false);
    expect(ids(calls)).toEqual(["b", "a"]);
    expect(calls.next).toBeNull();
  });

  test("loses a call that is deleted and gets it back restored", () => {
    const calls = new Calls();
    calls.put(callOf());
    const frame = { type: "trash", seq: 1, call_id: "a", deleted_by: "clara" } as const;
    calls.take({ ...frame, deleted_at: MORNING });
    expect(ids(calls)).toEqual([]);
    calls.take({ ...frame, deleted_at: null });
    expect(ids(calls)).toEqual(["a"]);
  });

  test.each<[Partial<Filter>, boolean]>([
    [{ result: "running" }, true],
    [{ result: "missed" }, false],
    [{ direction: "outbound" }, false],
    [{ q: "089 99998001" }, true],
    [{ q: "99998002" }, false],
  ])("has a call of a frame only if it fits the filter %o", (filter, fits) => {
    const calls = new Calls();
    calls.filter = { ...NO_FILTER, ...filter };
    calls.put(callOf());
    expect(ids(calls)).toEqual(fits ? ["a"] : []);
  });

  test("does not get a deleted call back from a page that was asked for before", () => {
    const calls = new Calls();
    calls.put(callOf());
    const frame = { type: "trash", seq: 1, call_id: "a", deleted_by: "clara" } as const;
    calls.take({ ...frame, deleted_at: MORNING });
    calls.read(page(callOf()), true);
    expect(ids(calls)).toEqual([]);
    calls.restored(callOf());
    calls.read(page(callOf()), true);
    expect(ids(calls)).toEqual(["a"]);
  });

  test("counts the calls of frames with those the server counted", () => {
    const calls = new Calls();
    calls.read({ items: [callOf()], next: null, total: 7, more_than_total: false }, true);
    calls.put(callOf({ id: "b" }));
    expect(calls.total).toBe(8);
    const frame = { type: "trash", seq: 1, call_id: "b", deleted_by: "clara" } as const;
    calls.take({ ...frame, deleted_at: MORNING });
    expect(calls.total).toBe(7);
  });
});

test("listeners get the call that changed until they end", () => {
  const calls = new Calls();
  const changes: (string | undefined)[] = [];
  const unlisten = calls.listen((call) => changes.push(call?.id));
  calls.put(callOf());
  calls.read(page(), true);
  unlisten();
  calls.put(callOf({ id: "b" }));
  expect(changes).toEqual(["a", undefined]);
});
