// The record that a user opens of several is first for them from then on.

import { render } from "lit";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Api } from "../src/core/client";
import { ApiError } from "../src/core/request";
import type { Match } from "../src/core/types";
import { matchList } from "../src/directory/matches";
import { pickRecord } from "../src/directory/pick";
import { load } from "../src/i18n/messages";
import { callOf, matchOf } from "./examples";

const BOTH = [matchOf("a"), matchOf("b")];
let asked: [string, unknown][] = [];
const api = {
  ask: async (route: string, parts: { body: unknown }) => {
    asked.push([route, parts.body]);
    throw new ApiError(503, {});
  },
} as unknown as Api;

beforeEach(async () => {
  asked = [];
  await load("admin");
});
afterEach(() => document.body.replaceChildren());

const { remote } = callOf({});
const pick = (matches: Match[], record: string) => pickRecord(api, remote, matches, record);

test("a record of several is remembered, also without an answer", async () => {
  await pick(BOTH, "b");
  const body = { number: remote.e164, record: "b" };
  expect(asked).toEqual([["POST /api/directory/picks", body]]);
});

test("no request is sent where nothing would change", async () => {
  await pick([matchOf("a")], "a");
  await pick([{ ...matchOf("a"), picked_by: ["u1"] }, matchOf("b")], "a");
  await pickRecord(api, { ...remote, e164: null }, BOTH, "a");
  expect(asked).toEqual([]);
});

test("a click that opens a match picks it, and one for a menu does not", () => {
  const picked: string[] = [];
  render(
    matchList(callOf({ matches: BOTH }), "match", (record) => picked.push(record)),
    document.body,
  );
  const [, link] = document.body.querySelectorAll<HTMLAnchorElement>(".match-name");
  link?.addEventListener("click", (event) => event.preventDefault());
  link?.dispatchEvent(new MouseEvent("auxclick", { button: 2, bubbles: true }));
  expect(picked).toEqual([]);
  link?.dispatchEvent(new MouseEvent("auxclick", { button: 1, bubbles: true }));
  link?.click();
  expect(picked).toEqual(["b", "b"]);
});
