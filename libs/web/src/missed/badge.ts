// Shows the counter of missed calls on its tab and in the title of the document, and when it is seen.

import type { Context } from "../calls/context";
import { h, setText } from "../dom/dom";
import { titleCount } from "../dom/title";
import { counted, t } from "../i18n/messages";
import { Missed } from "./missed";

/** Calls are seen when their user opens the list, comes back to it, or does something in it. */
export class MissedBadge {
  #isListed = false;
  readonly #missed: Missed;
  readonly #number = h("span", { "aria-hidden": "true" });
  readonly #words = h("span", { class: "unseen" });
  readonly element = h(
    "span",
    { class: "count", hidden: true, "data-testid": "missed-count" },
    this.#number,
    this.#words,
  );

  /** `list` is the element of the view in which the calls are seen. */
  constructor(
    { api, user, calls }: Context,
    readonly list: HTMLElement,
  ) {
    this.#missed = new Missed(api, user, calls);
    this.#missed.onChange = () => this.#draw();
    document.addEventListener("visibilitychange", this.#seen);
    list.addEventListener("pointerdown", this.#seen);
    list.addEventListener("keydown", this.#seen);
  }

  /** The list of calls was opened, or left. */
  listed(isListed: boolean, byHand: boolean) {
    this.#isListed = isListed;
    if (byHand) this.#seen();
  }

  again() {
    this.#missed.again();
  }

  #seen = () => {
    if (this.#isListed && !document.hidden) void this.#missed.see();
  };

  #draw() {
    const { count, isMore } = this.#missed;
    setText(this.#number, isMore ? `${count}+` : String(count));
    setText(this.#words, isMore ? t("missed.more", { n: count }) : counted("missed", count));
    this.element.hidden = count === 0;
    titleCount(count);
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#seen);
    this.list.removeEventListener("pointerdown", this.#seen);
    this.list.removeEventListener("keydown", this.#seen);
    titleCount(0);
    this.#missed.stop();
  }
}
