// A number of a record: a click calls it.

import { html, nothing, type TemplateResult } from "lit";
import type { Context } from "../calls/context";
import { dialable } from "../calls/format";
import { dialButton } from "../calls/status";
import type { DirectoryNumber, Remote } from "../core/types";
import { plain, stranger } from "../dom/stranger";
import { counted, t } from "../i18n/messages";
import { problemText } from "../i18n/problems";

/** The kinds of numbers that find no record, by the code of the reason. */
const KINDS: Record<string, Remote["kind"]> = {
  "number-internal": "internal",
  "number-service": "service",
  "number-withheld": "anonymous",
};

/** The number that a click calls; null if it has to be typed or cannot be called. */
export function dialledOf({ number, e164, ext, why }: DirectoryNumber) {
  const kind = why === null ? "external" : (KINDS[why] ?? "invalid");
  return dialable({ raw: number, e164, kind, display: number.trim(), ext });
}

/** The number with its use. It is a button for users who have an extension. */
export function recordNumber(number: DirectoryNumber, context: Context): TemplateResult {
  const dialled = context.user.extensions.length > 0 ? dialledOf(number) : null;
  const shown =
    dialled === null
      ? html`<span class="number">${stranger(number.number)}</span>`
      : dialButton(
          { number: dialled, text: plain(number.number), testid: "record-number" },
          context,
        );
  const label = number.label && html`<span class="meta">${stranger(number.label)}</span>`;
  return html`<span class="record-number">${shown}${label || nothing}</span>`;
}

/** Which direct lines find the record besides the number itself. */
export function rangesOf({ ranges }: DirectoryNumber): string[] {
  return ranges.map((range) => {
    const trunk = range.replace(/(x+|-0)$/, "");
    const digits = range.length - trunk.length;
    return range.endsWith("x")
      ? counted("record.range", digits, { trunk })
      : t("record.mainNumber", { trunk });
  });
}

/** Why calls of the number do not find its record; empty if they do. */
export function reasonOf({ why }: DirectoryNumber) {
  return why === null ? "" : problemText(why, {}, why);
}
