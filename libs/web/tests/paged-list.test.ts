// A list that is read page by page.

import { html, render } from "lit";
import { expect, test, vi } from "vitest";
import type { Page } from "../src/core/types";
import { PagedList, pagedRows } from "../src/ui/paged-list";

type Answer = { resolve: (page: Page<string>) => void; reject: (error: Error) => void };

/** A list whose answers the test gives, and what it shows. */
function listOf() {
  const answers: Answer[] = [];
  const cursors: (string | null)[] = [];
  const list = new PagedList<string>({
    read: (cursor) => {
      cursors.push(cursor);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
    changed: () => show(),
  });
  const words = {
    loading: "loading",
    empty: "nothing",
    failed: (error: unknown) => `failed: ${(error as Error).message}`,
    more: "more",
    retry: "again",
  };
  const show = () =>
    render(
      pagedRows(list, words, (items) => html`<p class="rows">${items.join()}</p>`),
      document.body,
    );
  const answer = async (place: number, page: Page<string> | Error) => {
    if (page instanceof Error) answers[place]?.reject(page);
    else answers[place]?.resolve(page);
    await vi.waitFor(() => expect(list.isBusy).toBe(false));
  };
  return { list, cursors, answer };
}

const shown = (selector: string) => document.body.querySelector<HTMLElement>(selector);

test("grows by further pages, until there is no next one", async () => {
  const { list, cursors, answer } = listOf();
  void list.read();
  expect(shown(".skeleton-rows")?.getAttribute("aria-label")).toBe("loading");
  await answer(0, { items: ["a", "b"], next: "c2" });
  shown("[data-testid=list-more]")?.click();
  await answer(1, { items: ["c"], next: null });
  expect(shown(".rows")?.textContent).toBe("a,b,c");
  expect(cursors).toEqual([null, "c2"]);
  expect(shown("[data-testid=list-more]")).toBeNull();
});

test("shows the answer to its newest request only", async () => {
  const { list, answer } = listOf();
  void list.read();
  void list.read();
  await answer(1, { items: ["new"], next: null });
  await answer(0, { items: ["old"], next: null });
  expect(list.items).toEqual(["new"]);
});

test("keeps its rows when a page fails, and reads again on request", async () => {
  const { list, answer } = listOf();
  void list.read();
  await answer(0, { items: ["a"], next: "c2" });
  void list.readMore();
  await answer(1, new Error("away"));
  expect(shown("[role=alert]")?.textContent).toBe("failed: away");
  expect(shown(".rows")?.textContent).toBe("a");
  shown("[data-testid=list-more]")?.click();
  await answer(2, { items: ["b"], next: null });
  expect([shown("[role=alert]"), shown(".rows")?.textContent]).toEqual([null, "b"]);
});

test("says that it is empty once it was read", async () => {
  const { list, answer } = listOf();
  void list.read();
  await answer(0, { items: ["a"], next: null });
  list.remove("a");
  await vi.waitFor(() => expect(shown(".empty")?.textContent).toBe("nothing"));
});
