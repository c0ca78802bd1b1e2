// The requests of imports.

import type { ColumnMapping, ImportDetails, ImportPreview, ImportRun } from "../api/matcher";
import type { Context } from "../calls/context";
import type { Page } from "../core/types";
import { mappingText } from "./mapping";

type Encoding = NonNullable<Choices["encoding"]>;

/** How a file is read; null where the server finds it. */
export interface Choices {
  encoding:
    | "utf-8"
    | "utf-16"
    | "utf-16-le"
    | "utf-16-be"
    | "cp1252"
    | "iso-8859-1"
    | "cp850"
    | "mac_roman"
    | null;
  separator: ";" | "," | "\t" | "|" | null;
  sheet: string | null;
  mapping: ColumnMapping | null;
}

export const FOUND: Choices = { encoding: null, separator: null, sheet: null, mapping: null };
export const ENCODINGS: readonly Encoding[] = [
  "utf-8",
  "cp1252",
  "iso-8859-1",
  "cp850",
  "mac_roman",
  "utf-16",
];
export const SEPARATORS: readonly NonNullable<Choices["separator"]>[] = [";", ",", "\t", "|"];
/** Rejected rows of one report. */
const PROBLEMS_MAX = 5000;

export class ImportApi {
  constructor(readonly api: Context["api"]) {}

  preview(file: File, source: string, choices: Choices): Promise<ImportPreview> {
    const query = { ...queryOf(choices), source: source || null };
    return this.api.ask("POST /api/directory/imports/preview", { query, file });
  }

  start(file: File, source: string, choices: Choices, complete: boolean): Promise<ImportRun> {
    const query = { ...queryOf(choices), source, complete, file: file.name.slice(0, 200) };
    return this.api.ask("POST /api/directory/imports", { query, file });
  }

  list(cursor: string | null): Promise<Page<ImportRun>> {
    return this.api.ask("GET /api/directory/imports", { query: { cursor, limit: 20 } });
  }

  get(run: string): Promise<ImportDetails> {
    return this.api.ask("GET /api/directory/imports/{run}", { path: { run } });
  }

  /** The run with all rows that a report names. */
  problems(run: string): Promise<ImportDetails> {
    const query = { problems: PROBLEMS_MAX };
    return this.api.ask("GET /api/directory/imports/{run}", { path: { run }, query });
  }

  confirm(run: string): Promise<ImportRun> {
    return this.api.ask("POST /api/directory/imports/{run}/confirm", { path: { run } });
  }

  cancel(run: string): Promise<ImportRun> {
    return this.api.ask("DELETE /api/directory/imports/{run}", { path: { run } });
  }
}

function queryOf({ mapping, ...choices }: Choices) {
  return { ...choices, mapping: mapping && mappingText(mapping) };
}
