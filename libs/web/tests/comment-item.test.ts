// A comment is changed and deleted by its author and by administrators, in its place.

import { render } from "lit";
import { beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/calls/context";
import { Calls } from "../src/calls/store";
import { isAnyChanged, showComments } from "../src/comments/comment-list";
import type { Comment } from "../src/core/types";
import { callOf, commentOf, later } from "./examples";

const SAVED = commentOf("k1");
const answers = { editComment: vi.fn(), removeComment: vi.fn() };
const say = vi.fn();
const list = document.createElement("ul");
let calls = new Calls();

async function present<E extends Element>(selector: string) {
  await vi.waitFor(() => expect(list.querySelector(selector)).not.toBeNull());
  return list.querySelector(selector) as E;
}

async function shown(login = "anna", role = "user") {
  const user = { login, role };
  const context = { user, calls, callApi: answers, say } as unknown as Context;
  const call = calls.get("a") ?? callOf();
  showComments(list, call, context);
  await present(".comment-text, textarea");
}

function press(testid: string) {
  const button = list.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  expect(button).not.toBeNull();
  button?.click();
}

async function edited(text: string) {
  press("comment-edit");
  const area = await present<HTMLTextAreaElement>("textarea");
  await vi.waitFor(() => expect(document.activeElement).toBe(area));
  area.value = text;
  return area;
}

beforeEach(() => {
  vi.resetAllMocks();
  render(null, list);
  document.body.replaceChildren(list);
  calls = new Calls();
  calls.put(callOf());
  calls.addComment(SAVED);
});

test.each([
  ["anna", "user", true],
  ["bert", "user", false],
  ["boss", "admin", true],
])("%s as %s may change the comment: %s", async (login, role, may) => {
  await shown(login, role);
  expect(list.querySelector("[data-testid=comment-edit]") !== null).toBe(may);
  expect(list.querySelector("[data-testid=comment-delete]") !== null).toBe(may);
});

test("a changed text is saved, and the comment says when it was changed", async () => {
  const changed = { ...SAVED, text: "Rückruf freitags", edited_at: later(60), edited_by: "anna" };
  answers.editComment.mockResolvedValue(changed);
  await shown();
  await edited(" Rückruf freitags ");
  expect(isAnyChanged(list)).toBe(true);
  press("comment-edit-save");
  await vi.waitFor(() => expect(calls.get("a")?.comments).toEqual([changed]));
  expect(answers.editComment).toHaveBeenCalledWith(SAVED, "Rückruf freitags");
  await shown();
  await vi.waitFor(() => expect(list.textContent).toContain("bearbeitet"));
  expect(isAnyChanged(list)).toBe(false);
});

test("a text that can't be saved stays, with the reason", async () => {
  answers.editComment.mockRejectedValue(new Error("away"));
  await shown();
  await edited("Rückruf freitags");
  press("comment-edit-save");
  const alert = await present("[role=alert].note");
  expect(alert.textContent).toContain("Nicht gespeichert, Ihr Text ist noch da.");
  expect(list.querySelector("textarea")?.value).toBe("Rückruf freitags");
});

test("an empty text is refused, and Escape keeps the comment as it was", async () => {
  await shown();
  const area = await edited("  ");
  press("comment-edit-save");
  await present("[role=alert].note");
  area.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await vi.waitFor(() => expect(list.querySelector("textarea")).toBeNull());
  expect(answers.editComment).not.toHaveBeenCalled();
  expect(list.textContent).toContain(SAVED.text);
});

test("a frame does not take away the text that is being changed", async () => {
  await shown();
  const area = await edited("half a sen");
  calls.put(callOf({ name: "Huber" }));
  await shown();
  expect(list.querySelector("textarea")).toBe(area);
  expect(area.value).toBe("half a sen");
});

test("a comment is deleted after a question, and pages from before don't bring it back", async () => {
  answers.removeComment.mockResolvedValue(undefined);
  await shown();
  await present("sc-confirm button");
  press("comment-delete");
  await vi.waitFor(() => press("comment-delete-yes"));
  await vi.waitFor(() => expect(calls.get("a")?.comments).toEqual([]));
  expect(say).toHaveBeenCalledWith("Der Kommentar liegt im Papierkorb.", "good");
  const page = callOf({ comments: [SAVED], comments_count: 1 });
  calls.read({ items: [page], next: null, comment_max: 4000 }, true);
  expect(calls.get("a")?.comments).toEqual([]);
  calls.addComment(SAVED);
  expect(calls.get("a")?.comments).toEqual([SAVED]);
});

test("a frame changes and deletes a comment, and an earlier text never comes back", () => {
  const frame = (comment: Comment) => calls.take({ type: "comment", seq: 1, comment });
  const changed = { ...SAVED, text: "later", edited_at: later(60), edited_by: "anna" };
  frame(changed);
  calls.addOlderComments("a", [SAVED]);
  expect(calls.get("a")?.comments).toEqual([changed]);
  expect(calls.get("a")?.comments_count).toBe(1);
  frame({ ...changed, text: "", deleted_at: later(90), deleted_by: "anna" });
  frame({ ...changed, text: "", deleted_at: later(90), deleted_by: "anna" });
  expect(calls.get("a")?.comments).toEqual([]);
  expect(calls.get("a")?.comments_count).toBe(0);
});
