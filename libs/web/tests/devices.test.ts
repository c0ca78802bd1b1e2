import { beforeAll, expect, test, vi } from "vitest";
import type { ListedDevice, Pasted, Preset } from "../src/core/types";
import type { DeviceApi } from "../src/devices/device-api";
import { chosenDevices } from "../src/devices/device-list";
import { foundPresets } from "../src/devices/presets";
import { allLines, masked, Urls } from "../src/devices/urls";
import { load, t } from "../src/i18n/messages";
import { identityText } from "../src/inspector/hit-details";

beforeAll(async () => {
  await load("page");
  await load("admin");
});

function device(name: string, state: ListedDevice["state"], last_heard_at: string | null) {
  const empty = { extensions: {}, mapping: {}, numbers: {}, dial: null, has_secret: false };
  const ids = { id: name, preset: "snom", extension: "21", key: null };
  return { ...empty, ...ids, name, state, last_heard_at } satisfies ListedDevice;
}

const DEVICES = [
  device("Anmeldung", "ok", "2026-11-29T11:00:00Z"),
  device("Büro", "never", null),
  device("Flur", "failing", "2026-11-29T10:00:00Z"),
];
const ANY = { text: "", state: "", order: "name" } as const;
const names = (found: ListedDevice[]) => found.map(({ name }) => name);

test("phones are found by name, extension and make, and by state", () => {
  const found = (text: string) =>
    names(chosenDevices(DEVICES, { ...ANY, text }, () => "Snom D785"));
  expect(found("büro 21 d785")).toEqual(["Büro"]);
  expect(found("yealink")).toEqual([]);
  const failing = chosenDevices(DEVICES, { ...ANY, state: "failing" }, () => "");
  expect(names(failing)).toEqual(["Flur"]);
});

test("phones that fail come first if the list is sorted by state", () => {
  const by = (order: "state" | "heard") =>
    names(chosenDevices(DEVICES, { ...ANY, order }, () => ""));
  expect(by("state")).toEqual(["Flur", "Büro", "Anmeldung"]);
  expect(by("heard")).toEqual(["Anmeldung", "Flur", "Büro"]);
});

test("a preset is found by the other names of its make", () => {
  const about = { de: "Webbereiche", en: "Web areas" };
  const swyx = { id: "swyx", title: "SwyxIt!", about, aliases: ["Octopus NetPhone (Telekom)"] };
  const presets = [swyx, { id: "snom", title: "Snom", about, aliases: [] }] as unknown as Preset[];
  expect(foundPresets(presets, "telekom octopus").map(({ id }) => id)).toEqual(["swyx"]);
  expect(foundPresets(presets, "")).toHaveLength(2);
});

test("the key is hidden in every address of a line, and all lines are copied whole", () => {
  const url = "https://pbx.example.de/hit/abc_DEF-123/ringing?n=<number>";
  expect(masked(`curl ${url}; curl ${url}`)).not.toContain("abc_DEF-123");
  expect(masked(url)).toBe("https://pbx.example.de/hit/••••••••/ringing?n=<number>");
  const lines = [
    { label: "Incoming", text: url, method: "GET", body: "" },
    { label: "Event", text: url, method: "POST", body: '{"a": 1}' },
  ] as Pasted[];
  expect(allLines(lines)).toBe(`Incoming:\n${url}\n\nEvent:\n${url}\n{"a": 1}`);
});

test("a request without an id of the phone was not matched by one", () => {
  expect(identityText({ identity: "phone", call_id: null })).toBeNull();
  expect(identityText({ identity: null, call_id: "c-1" })).toBeNull();
  expect(identityText({ identity: "phone", call_id: "c-1" })).toMatch(/Kennung|id/);
  expect(identityText({ identity: "derived", call_id: null })).toBeTruthy();
});

test("a text that is focused stays in place while all lines are copied", async () => {
  const write = vi.fn(async () => undefined);
  vi.stubGlobal("navigator", { clipboard: { writeText: write } });
  const line = { label: "Ring", text: "http://pbx/hit/key/ringing", events: [], method: "GET" };
  const item = { ...line, body: "", content_type: "", length: 1, limit: null, fits: true };
  const answer = { items: [item], notes: [], warning: null, pop: null };
  const api = { urls: async () => answer } as unknown as DeviceApi;
  const urls = new Urls(api, "d1");
  document.body.append(urls.element);
  await urls.read();
  const text = urls.element.querySelector<HTMLElement>("[data-testid=url-text]");
  text?.focus();
  urls.element.querySelector<HTMLElement>("[data-testid=urls-copy-all]")?.click();
  await vi.waitFor(() => expect(urls.element.textContent).toContain(t("copy.copied")));
  expect(write).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(text);
  urls.element.querySelector<HTMLElement>("[data-testid=urls-reveal]")?.click();
  expect(urls.element.querySelector("[data-testid=url-text]")?.textContent).toBe(item.text);
  urls.element.remove();
  vi.unstubAllGlobals();
});
