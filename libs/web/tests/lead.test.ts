import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { goesBefore, Lead, type Standing } from "../src/popup/lead";

/** The channel and the locks of one browser, which deliver as browsers do: later, and copies. */
const channels = new Set<Channel>();

class Channel {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    channels.add(this);
  }
  postMessage(data: unknown) {
    const copy = structuredClone(data);
    for (const other of channels) {
      if (other === this || other.name !== this.name) continue;
      queueMicrotask(() => channels.has(other) && other.onmessage?.({ data: copy }));
    }
  }
  close() {
    channels.delete(this);
  }
}

class Locks {
  #held = new Map<string, () => void>();
  #queues = new Map<string, (() => void)[]>();

  async request(
    name: string,
    { signal }: { signal?: AbortSignal },
    callback: () => unknown,
  ): Promise<void> {
    if (this.#held.has(name)) {
      await new Promise<void>((resolve, reject) => {
        this.#queues.set(name, [...(this.#queues.get(name) ?? []), resolve]);
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    }
    let release = () => {};
    const crashed = new Promise<void>((resolve) => (release = resolve));
    this.#held.set(name, release);
    await Promise.race([callback(), crashed]);
    this.#held.delete(name);
    this.#queues.get(name)?.shift()?.();
  }

  /** The process of the tab that was opened last is gone: its lock is free, and it said nothing. */
  crash() {
    const last = [...channels].at(-1);
    if (last) channels.delete(last);
    [...this.#held.values()].at(-1)?.();
  }
}

const settled = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

const tabs: { lead: Lead; news: boolean[] }[] = [];

async function open(name = "popups.anna") {
  const news: boolean[] = [];
  const lead = new Lead(name, (leads) => news.push(leads));
  tabs.push({ lead, news });
  await settled();
  return lead;
}

const leaders = () => tabs.filter(({ lead }) => lead.leads).map(({ lead }) => lead);
let now = 1000;

beforeEach(() => {
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.spyOn(Date, "now").mockImplementation(() => ++now);
});

afterEach(() => {
  for (const { lead } of tabs.splice(0)) lead.stop();
  channels.clear();
  vi.unstubAllGlobals();
});

const standing = (changes: Partial<Standing>): Standing => ({
  tab: "a",
  inView: true,
  at: 1,
  ...changes,
});

test("a tab in view goes before one that was used later, and equal tabs have an order", () => {
  expect(goesBefore(standing({ at: 1 }), standing({ inView: false, at: 9 }))).toBe(true);
  expect(goesBefore(standing({ at: 2 }), standing({ at: 1 }))).toBe(true);
  const [a, b] = [standing({ tab: "a" }), standing({ tab: "b" })];
  expect([goesBefore(a, b), goesBefore(b, a), goesBefore(a, a)]).toEqual([false, true, false]);
});

describe.each([["with locks"], ["without locks"]])("tabs %s", (how) => {
  const locks = new Locks();

  beforeEach(() => {
    const found = how === "with locks" ? locks : undefined;
    Object.defineProperty(navigator, "locks", { value: found, configurable: true });
  });

  test("one of five tabs leads, the one that was opened last", async () => {
    for (let i = 0; i < 4; i++) await open();
    const last = await open();
    expect(leaders()).toEqual([last]);
  });

  test("the tab that is used leads, and the one before no longer", async () => {
    const first = await open();
    await open();
    window.dispatchEvent(new Event("focus")); // both hear it here, but only the first acts
    await settled();
    expect(leaders()).toEqual([first]);
  });

  test("another tab leads as soon as the leader is closed", async () => {
    const first = await open();
    const second = await open();
    second.stop();
    await settled();
    expect(first.leads).toBe(true);
  });

  test("tabs of other users do not matter", async () => {
    const anna = await open();
    const bernd = await open("popups.bernd");
    expect([anna.leads, bernd.leads]).toEqual([true, true]);
  });

  test("a stopped tab hears nothing more", async () => {
    const first = await open();
    const second = await open();
    first.stop();
    second.stop();
    await settled();
    expect(tabs[0]?.news.at(-1)).toBe(false);
  });
});

test("another tab leads when the leader has crashed without a word", async () => {
  const locks = new Locks();
  Object.defineProperty(navigator, "locks", { value: locks, configurable: true });
  const first = await open("crash");
  const second = await open("crash");
  expect([first.leads, second.leads]).toEqual([false, true]);
  locks.crash();
  await settled();
  expect(first.leads).toBe(true);
});
