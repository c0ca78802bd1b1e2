import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Chosen, PreferenceStore } from "../src/alerts/preferences";
import { Api } from "../src/core/client";
import { PREFIX } from "../src/core/storage";
import { ClosedPopups } from "../src/popup/closed";

const api = new Api({ token: () => "t", renew: async () => false });

function chosen(changes: Partial<Chosen["preferences"]> = {}): Chosen {
  const actions = { no_record: null, one_record: null, many_records: null };
  const popup = { no_record: "popup", one_record: "popup", many_records: "popup" } as const;
  return {
    user: { id: "anna" },
    preferences: {
      language: "browser",
      theme: "system",
      sound: false,
      notifications: false,
      do_not_disturb: false,
      pop_on: null,
      ...actions,
      ...changes,
    },
    tenant: {
      name: "",
      popup: { pop_on: "answer", ...popup },
      record_url: "",
      own_extensions: false,
      dial_link: "tel:{number}",
      dial_spelling: "e164",
    },
  };
}

let answer: () => Response;

beforeEach(() => {
  vi.stubGlobal("fetch", async () => answer());
});
afterEach(() => {
  vi.unstubAllGlobals();
});

test("the company's choice counts until the user has made one", () => {
  const store = new PreferenceStore();
  expect([store.popOn, store.sound, store.doNotDisturb]).toEqual(["ring", false, false]);
  store.take(chosen());
  expect(store.popOn).toBe("answer");
  store.take(chosen({ pop_on: "hand" }));
  expect(store.popOn).toBe("hand");
});

test("a change counts at once and is what the server has stored", async () => {
  const store = new PreferenceStore();
  store.take(chosen());
  const seen: boolean[] = [];
  store.listen(() => seen.push(store.doNotDisturb));
  answer = () => Response.json(chosen({ do_not_disturb: true }));
  await store.change(api, { do_not_disturb: true });
  expect([seen, store.doNotDisturb]).toEqual([[true, true], true]);
});

test("a change that the server refuses is taken back", async () => {
  const store = new PreferenceStore();
  store.take(chosen());
  answer = () => Response.json({ code: "late" }, { status: 503 });
  await expect(store.change(api, { sound: true })).rejects.toThrow();
  expect(store.sound).toBe(false);
});

test("a popup that was closed in another tab is closed here and after a reload", () => {
  let changes = 0;
  const here = new ClosedPopups("anna", () => (changes += 1));
  const there = new ClosedPopups("anna", () => {});
  there.add("call");
  expect(here.has("call")).toBe(false);
  window.dispatchEvent(new StorageEvent("storage", { key: `${PREFIX}closed.anna` }));
  expect([here.has("call"), changes]).toEqual([true, 1]);
  here.add("other");
  expect(new ClosedPopups("anna", () => {}).has("other")).toBe(true);
  expect(new ClosedPopups("bernd", () => {}).has("call")).toBe(false);
  here.stop();
  window.dispatchEvent(new StorageEvent("storage", { key: `${PREFIX}closed.anna` }));
  expect(changes).toBe(1);
  there.stop();
});

test("stored popups that cannot be read are none", () => {
  localStorage.setItem(`${PREFIX}closed.anna`, "{");
  expect(new ClosedPopups("anna", () => {}).has("call")).toBe(false);
});
