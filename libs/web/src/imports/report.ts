// The rows that were not saved: a sentence for each, and all of them as a file for spreadsheets.

import type { RowProblem } from "../api/matcher";
import { t } from "../i18n/messages";
import { problemText } from "../i18n/problems";

/** The beginnings of texts that spreadsheets compute (OWASP, CSV Injection). */
const FORMULA = /^ *[=+\-@\t\r\n]/;
/** Without it Excel reads UTF-8 as the code page of the machine. */
const MARK = "\ufeff";

const HEADINGS = ["row", "column", "why", "value"] as const;

export type Problem = Pick<RowProblem, "row" | "code" | "field" | "column" | "text"> & {
  params?: Record<string, unknown>;
};

export function sentence({ code, params, row }: Problem) {
  return problemText(code, { row, ...params }, code);
}

/** The place of a problem: the row, and the column if it is one of a column. */
export function placeText({ row, column }: Problem) {
  return column ? t("imports.cell", { row, column }) : t("imports.row", { row });
}

export function reportText(problems: readonly Problem[]) {
  const head = HEADINGS.map((name) => t(`imports.report.${name}`));
  const rows = problems.map((each) => [
    String(each.row),
    each.column,
    sentence(each),
    each.text ?? "",
  ]);
  return MARK + [head, ...rows].map((cells) => `${cells.map(quoted).join(";")}\r\n`).join("");
}

/** A text in quotation marks, behind an apostrophe if a spreadsheet would compute it. */
function quoted(text: string) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** Has the browser save a text as a file. */
export function download(text: string, name: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // the browser has begun to read the file by then
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}
