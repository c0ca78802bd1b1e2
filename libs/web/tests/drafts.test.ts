import { afterEach, expect, test, vi } from "vitest";
import { Drafts } from "../src/core/drafts";
import { recall, remember } from "../src/core/storage";

const DAY = 86_400_000;

afterEach(() => {
  vi.useRealTimers();
});

test("a draft is kept for its user until it is sent", () => {
  const drafts = new Drafts("demo.anna");
  drafts.set("a", "call back", "contact-1", null);
  expect(new Drafts("demo.anna").get("a")).toMatchObject({
    text: "call back",
    record: "contact-1",
  });
  expect(new Drafts("demo.bernd").get("a")).toBeNull();
  drafts.set("a", "", null, null);
  expect(drafts.get("a")).toBeNull();
});

test("boxes of this tab and of others hear of a draft that changed", () => {
  const drafts = new Drafts("demo.anna");
  const box = {};
  const heard: [string, object | null][] = [];
  drafts.listeners.add((call, source) => heard.push([call, source]));
  drafts.set("a", "x", null, box);
  const other = new StorageEvent("storage", { key: "softphone.draft.demo.anna.b" });
  window.dispatchEvent(other);
  window.dispatchEvent(new StorageEvent("storage", { key: "softphone.draft.demo.bernd.b" }));
  drafts.stop();
  window.dispatchEvent(other);
  expect(heard).toEqual([
    ["a", box],
    ["b", null],
  ]);
});

test("a draft of two weeks ago and one that cannot be read go", () => {
  vi.useFakeTimers({ now: 100 * DAY });
  new Drafts("demo.anna").set("old", "x", null, null);
  vi.setSystemTime(114 * DAY);
  new Drafts("demo.anna").set("new", "x", null, null);
  remember("draft.demo.anna.broken", "{");
  vi.setSystemTime(114 * DAY + 1);
  const drafts = new Drafts("demo.anna");
  expect([drafts.get("old"), recall("draft.demo.anna.broken")]).toEqual([null, null]);
  expect(drafts.get("new")).not.toBeNull();
});
