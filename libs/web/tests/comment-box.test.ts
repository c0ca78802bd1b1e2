// The box counts the characters by the limit of the server, and waits for a log that is behind.

import { expect, test, vi } from "vitest";
import type { Context } from "../src/calls/context";
import { Calls } from "../src/calls/store";
import { CommentBox } from "../src/comments/comment-box";
import { Drafts } from "../src/core/drafts";
import { ApiError } from "../src/core/request";
import { callOf } from "./examples";

function boxOf(calls: Calls, comment = vi.fn()) {
  const drafts = new Drafts("demo.anna");
  return new CommentBox(callOf(), { calls, drafts, callApi: { comment } } as unknown as Context);
}

function type(box: CommentBox, text: string) {
  const area = box.element.querySelector("textarea") as HTMLTextAreaElement;
  area.value = text;
  area.dispatchEvent(new Event("input"));
  return box.element.querySelector("[data-testid=comment-left]")?.textContent;
}

test.each([
  [10, "Noch 2 Zeichen"],
  [8, "Noch 0 Zeichen"],
  [7, "1 Zeichen zu viel"],
  [5000, ""],
])("of %i characters the server takes", (comment_max, words) => {
  const calls = new Calls();
  calls.read({ items: [], next: null, comment_max }, true);
  expect(type(boxOf(calls), "Rückruf!")).toBe(words);
});

test("without a limit nothing is counted", () => {
  expect(type(boxOf(new Calls()), "x".repeat(9000))).toBe("");
});

/** Saves a comment that is refused with this code; returns what the box says and how often it sent. */
async function refused(code: string) {
  vi.useFakeTimers();
  const send = vi.fn().mockRejectedValue(new ApiError(404, { code }));
  const box = boxOf(new Calls(), send);
  type(box, "Rückruf!");
  box.element.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  const words = box.element.querySelector("[data-testid=comment-note]")?.textContent;
  return { words, sent: send.mock.calls.length };
}

test.each(["call-unknown", "record-not-matched"])("%s is waited for", async (code) => {
  const { words, sent } = await refused(code);
  expect(words).toContain("Der Anruf wird noch aufgezeichnet.");
  expect(sent).toBe(6);
});

test("a comment that is refused for good is sent once", async () => {
  expect((await refused("comments-full")).sent).toBe(1);
});
