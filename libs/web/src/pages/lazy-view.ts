// A view whose code and words are loaded when it is opened.

import type { View } from "../core/view";
import { fill, h } from "../dom/dom";
import { load, t } from "../i18n/messages";
import { reloadForFiles } from "./reachable";

/** The files of a view are small; later than this they hang on a connection that is dead. */
const LONGEST_MILLIS = 8000;

/** Loads the code of a view and returns the function that makes the view. */
export type Loader = () => Promise<() => View>;

export class LazyView implements View {
  #view: View | null = null;
  #stopped = false;
  element: HTMLElement = h(
    "section",
    { class: "panel" },
    h("p", { class: "empty", role: "status" }, t("loading")),
  );

  constructor(loader: Loader) {
    void this.#load(loader);
  }

  async #load(loader: Loader) {
    try {
      const [make] = await inTime(Promise.all([loader(), load("admin")]));
      if (this.#stopped) return;
      this.#view = make();
      this.element.replaceWith(this.#view.element);
      this.element = this.#view.element;
    } catch {
      if (this.#stopped || (await reloadForFiles())) return;
      fill(this.element, h("p", { class: "empty bad", role: "alert" }, t("page.failed")), reload());
    }
  }

  hit: NonNullable<View["hit"]> = (hit) => this.#view?.hit?.(hit);
  again = () => this.#view?.again?.();
  tick = () => this.#view?.tick?.();

  stop() {
    this.#stopped = true;
    this.#view?.stop?.();
  }
}

/** Rejects if a promise is not fulfilled in time. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(() => reject(new Error("late")), LONGEST_MILLIS);
    promise.then(resolve, reject).finally(() => window.clearTimeout(timer));
  });
}

function reload() {
  const onclick = () => location.reload();
  const button = h("button", { type: "button", class: "button quiet", onclick }, t("page.reload"));
  return h("div", { class: "panel-foot" }, button);
}
