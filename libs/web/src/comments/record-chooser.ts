// The record a comment is about: the user's choice, else the first match that is not in doubt.

import { isSure } from "../calls/format";
import type { Call } from "../core/types";
import { typeText } from "../directory/matches";
import { fill, h } from "../dom/dom";
import { t } from "../i18n/messages";

export class RecordChooser {
  #shown = "";
  /** Undefined until the user chooses; null for no record. */
  wanted: string | null | undefined = undefined;
  readonly select = h("select", { "data-testid": "comment-record" });

  chosen() {
    return this.select.value || null;
  }

  choose(record: string | null) {
    this.wanted = record;
    this.#select("");
  }

  update(call: Call) {
    const options = call.matches.map((match) => [
      match.record,
      `${typeText(match.type)}: ${match.name}`,
    ]);
    if (this.#shown === JSON.stringify(options)) return;
    this.#shown = JSON.stringify(options);
    fill(
      this.select,
      ...options.map(([value, words]) => h("option", { value }, words)),
      h("option", { value: "" }, t("comment.noRecord")),
    );
    this.#select(call.matches.find(isSure)?.record ?? "");
  }

  #select(otherwise: string) {
    this.select.value = this.wanted === undefined ? otherwise : (this.wanted ?? "");
    if (this.select.selectedIndex < 0) this.select.value = "";
  }
}
