// Two records side by side: where both have a value of one field, the user chooses which one stays.

import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import type { MergeInput } from "../api/matcher";
import type { DirectoryRecord } from "../core/types";
import { typeText } from "../directory/matches";
import { visibleText } from "../directory/sharing-fields";
import { stranger, strangerLines } from "../dom/stranger";
import { type Key, t } from "../i18n/messages";

export type Choice = NonNullable<MergeInput["take"]>[number];

const CHOICES: readonly Choice[] = [
  "type",
  "name",
  "organization",
  "address",
  "url",
  "owner",
  "team",
  "inactive",
];

type Shown = Choice | "numbers" | "emails" | "tags" | "note" | "visible_to";

const ROWS: readonly Shown[] = [
  "type",
  "name",
  "organization",
  "numbers",
  "emails",
  "address",
  "note",
  "tags",
  "url",
  "owner",
  "team",
  "visible_to",
  "inactive",
];

/** The fields of which both records have a value, and not the same one. */
export function conflictsOf(kept: DirectoryRecord, other: DirectoryRecord): Choice[] {
  return CHOICES.filter((name) => {
    if (name === "inactive") return kept.inactive !== other.inactive;
    if (isRestricted(kept, other) && (name === "owner" || name === "team")) return false;
    return kept[name] !== "" && other[name] !== "" && kept[name] !== other[name];
  });
}

/** Whether not everyone sees both records, so that who sees the result follows from both. */
export function isRestricted(...records: readonly DirectoryRecord[]) {
  return records.some(({ visible_to: visible }) => visible !== "everyone");
}

/** The words of a field. */
export function fieldText(name: string) {
  return t(`record.${name}` as Key);
}

/** The value of a field that the merged record does not have, in words. */
export function valueText(name: string, value: string) {
  if (name === "type") return typeText(value as DirectoryRecord["type"]);
  return name === "inactive" ? activeText(value === "true") : value;
}

/** Both records, one next to the other; `choose` is called with the fields to take of the other one. */
export function comparison(
  kept: DirectoryRecord,
  other: DirectoryRecord,
  take: ReadonlySet<Choice>,
  choose: (name: Choice, isTaken: boolean) => void,
): TemplateResult {
  const conflicts: readonly string[] = conflictsOf(kept, other);
  const rows = ROWS.map((name) => {
    const values = [kept, other].map((record) => shownValue(record, name));
    if (conflicts.includes(name)) {
      const field = name as Choice;
      return choiceRow(field, values, take.has(field), (isTaken) => choose(field, isTaken));
    }
    return values.every((value) => value === "") ? nothing : plainRow(name, values);
  });
  return html`<div class="merge-rows">
    <div class="merge-row merge-head">
      <span></span>
      <span><span class="meta">${t("merge.kept")}</span> <strong>${stranger(kept.name)}</strong></span>
      <span><span class="meta">${t("merge.other")}</span> <strong>${stranger(other.name)}</strong></span>
    </div>
    ${rows}
  </div>`;
}

type Value = TemplateResult | string;

function plainRow(name: Shown, values: readonly Value[]) {
  return html`<div class="merge-row" role="group" aria-label=${fieldText(name)}>
    <span class="merge-label">${fieldText(name)}</span>
    ${values.map((value) => html`<div class="merge-cell">${value || "–"}</div>`)}
  </div>`;
}

function choiceRow(
  name: Choice,
  values: readonly Value[],
  isTaken: boolean,
  choose: (isTaken: boolean) => void,
) {
  const cell = (value: Value, isOther: boolean) => html`<label class="choice">
    <input
      type="radio"
      name="merge-${name}"
      data-testid="merge-${name}-${isOther ? "other" : "kept"}"
      .checked=${live(isTaken === isOther)}
      @change=${() => choose(isOther)}
    />
    <span>${value}</span>
  </label>`;
  return html`<div class="merge-row" role="radiogroup" aria-label=${fieldText(name)}>
    <span class="merge-label">${fieldText(name)}</span>
    ${values.map((value, place) => cell(value, place === 1))}
  </div>`;
}

function shownValue(record: DirectoryRecord, name: Shown): Value {
  switch (name) {
    case "type":
      return typeText(record.type);
    case "inactive":
      return record.inactive ? activeText(true) : "";
    case "visible_to":
      return isRestricted(record) ? visibleText(record) : "";
    case "numbers":
      return lines(
        record.numbers.map(({ number, label }) => [number, label].filter(Boolean).join(", ")),
      );
    case "emails":
    case "tags":
      return lines(record[name]);
    case "note":
    case "address":
      return record[name] && strangerLines(record[name]);
    default:
      return record[name] && stranger(record[name]);
  }
}

function lines(texts: readonly string[]): Value {
  return texts.length === 0
    ? ""
    : html`${texts.map((text) => html`<span class="line-of-text">${stranger(text)}</span>`)}`;
}

function activeText(isInactive: boolean) {
  return t(isInactive ? "record.inactive" : "record.active");
}
