// The columns of a file and the field of each, as choices with one value for each column.

import type { ColumnMapping, NumberColumn } from "../api/matcher";

/** The fields that a column can become; empty is none. The use of a number stands behind a colon. */
export const BECOMES = [
  "",
  "name",
  "organization",
  "number:",
  "number:work",
  "number:mobile",
  "number:home",
  "number:main",
  "number:fax",
  "emails",
  "address",
  "note",
  "url",
  "tags",
  "owner",
  "team",
  "inactive",
  "type",
  "host_id",
] as const;

/** A column with the uses of the numbers in other columns, as Google writes them. */
export const USE = "use";

const SEVERAL = ["name", "emails", "note", "tags"] as const;
const SINGLE = ["organization", "url", "owner", "team", "inactive", "type", "host_id"] as const;

/** The field that a column becomes in a mapping. */
export function becomes(mapping: ColumnMapping, column: string): string {
  const number = mapping.numbers.find((each) => each.column === column);
  if (number) return `number:${number.label}`;
  if (mapping.numbers.some((each) => each.label_column === column)) return USE;
  if (mapping.address.some((line) => line.includes(column))) return "address";
  const several = SEVERAL.find((field) => mapping[field].includes(column));
  return several ?? SINGLE.find((field) => mapping[field] === column) ?? "";
}

/**
 * The mapping after a column was given another field. A field that takes one column loses the one
 * before; columns that are joined stay in their order.
 */
export function change(mapping: ColumnMapping, column: string, field: string): ColumnMapping {
  const changed = without(mapping, column);
  if (field.startsWith("number:")) {
    const label = field.slice("number:".length);
    const number: NumberColumn = { column, label, label_column: "" };
    return { ...changed, numbers: [...changed.numbers, number] };
  }
  if (field === "address") return { ...changed, address: [...changed.address, [column]] };
  const several = SEVERAL.find((each) => each === field);
  if (several) return { ...changed, [several]: [...changed[several], column] };
  const single = SINGLE.find((each) => each === field);
  return single ? { ...changed, [single]: column } : changed;
}

function without(mapping: ColumnMapping, column: string): ColumnMapping {
  const others = (columns: string[]) => columns.filter((each) => each !== column);
  const unnamed = (each: NumberColumn) =>
    each.label_column === column ? { ...each, label_column: "" } : each;
  const changed: ColumnMapping = {
    ...mapping,
    numbers: mapping.numbers.filter((each) => each.column !== column).map(unnamed),
    address: mapping.address.map(others).filter((line) => line.length > 0),
  };
  for (const field of SEVERAL) changed[field] = others(mapping[field]);
  for (const field of SINGLE) if (mapping[field] === column) changed[field] = "";
  return changed;
}

/** The mapping as the server takes it, without the fields that are empty. */
export function mappingText(mapping: ColumnMapping) {
  const isFilled = ([, value]: [string, unknown]) => (value as string | unknown[]).length > 0;
  const numbers = mapping.numbers.map((each) => filled(each, isFilled));
  return JSON.stringify(filled({ ...mapping, numbers }, isFilled));
}

function filled(object: object, isFilled: (entry: [string, unknown]) => boolean) {
  return Object.fromEntries(Object.entries(object).filter(isFilled));
}
