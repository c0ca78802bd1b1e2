// The recycle bin, where administrators see who deleted something and can restore it.

import type { Context } from "../calls/context";
import type { View } from "../core/view";
import { h } from "../dom/dom";
import { DeletedCalls } from "./deleted-calls";
import { deletedComments } from "./deleted-comments";
import { deletedRecords } from "./deleted-records";
import type { Names } from "./deletion";

interface List extends View {
  draw: () => void;
  again: () => void;
  stop: () => void;
}

export class Bin implements View {
  /** The names of the tenant's users by login; the lists show them once they are read. */
  readonly #names: Names = new Map();
  readonly #lists: readonly List[];
  readonly element: HTMLElement;

  constructor(readonly context: Context) {
    this.#lists = [
      new DeletedCalls(context, this.#names),
      deletedComments(context, this.#names),
      deletedRecords(context, this.#names),
    ];
    this.element = h("div", { class: "stack" }, ...this.#lists.map(({ element }) => element));
    void this.#readNames();
  }

  async #readNames() {
    try {
      const { items } = await this.context.api.ask("GET /api/users");
      for (const { login, name } of items) this.#names.set(login, name);
      for (const list of this.#lists) list.draw();
    } catch {
      // without names the logins are shown
    }
  }

  again() {
    for (const list of this.#lists) list.again();
  }

  stop() {
    for (const list of this.#lists) list.stop();
  }
}
