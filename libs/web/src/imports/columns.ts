// The selects for the encoding of a file, and for the field that each of its columns becomes.

import { html, nothing } from "lit";
import { live } from "lit/directives/live.js";
import type { ColumnMapping, ImportPreview } from "../api/matcher";
import { RECORD_TYPES, typeText } from "../directory/matches";
import { stranger } from "../dom/stranger";
import { type Key, t } from "../i18n/messages";
import { type Choices, ENCODINGS, SEPARATORS } from "./import-api";
import { BECOMES, becomes, change, USE } from "./mapping";

const SEPARATOR_WORDS: Record<(typeof SEPARATORS)[number], Key> = {
  ";": "imports.semicolon",
  ",": "imports.comma",
  "\t": "imports.tabulator",
  "|": "imports.bar",
};

type Choose = (changes: Partial<Choices>) => void;

/** The selects for encoding, separator and sheet, as far as the kind of file has them. */
export function fileFacts(preview: ImportPreview, choices: Choices, choose: Choose) {
  const { kind, encoding, separator, sheet, sheets } = preview;
  const encodings = ENCODINGS.map((each) => [each, each] as const);
  const separators = SEPARATORS.map((each) => [each, t(SEPARATOR_WORDS[each])] as const);
  const sheetChoices = sheets.map((each) => [each, each] as const);
  const found = encoding.replace("utf-8-sig", "utf-8");
  const offered = [
    kind !== "xlsx" &&
      select("encoding", choices.encoding ?? found, encodings, (value) =>
        choose({ encoding: value as Choices["encoding"], mapping: null }),
      ),
    kind === "csv" &&
      select("separator", separator, separators, (value) =>
        choose({ separator: value as Choices["separator"], mapping: null }),
      ),
    sheets.length > 1 &&
      select("sheet", sheet, sheetChoices, (value) => choose({ sheet: value, mapping: null })),
    kind !== "vcard" && recordType(preview.mapping, choose),
  ];
  return html`<div class="import-facts">${offered.map((each) => each || nothing)}</div>`;
}

/** The select for the type of records that have none of their own. */
export function recordType(mapping: ColumnMapping, choose: Choose) {
  const types = RECORD_TYPES.map((each) => [each, typeText(each)] as const);
  return select("type", mapping.record_type, types, (value) =>
    choose({ mapping: { ...mapping, record_type: value as ColumnMapping["record_type"] } }),
  );
}

function select(
  name: "encoding" | "separator" | "sheet" | "type",
  value: string,
  options: readonly (readonly [string, string])[],
  chosen: (value: string) => void,
) {
  const known = options.some(([each]) => each === value);
  const all = known ? options : [[value, value] as const, ...options];
  return html`<label class="field">
    <span class="field-label">${t(`imports.${name}`)}</span>
    <select
      data-testid="import-${name}"
      .value=${live(value)}
      @change=${(event: Event) => chosen((event.target as HTMLSelectElement).value)}
    >
      ${all.map(([each, words]) => html`<option value=${each} ?selected=${each === value}>${words}</option>`)}
    </select>
  </label>`;
}

/** A row for each column: its heading, an example, and the field that it becomes. */
export function columnChoices(preview: ImportPreview, choose: Choose) {
  const { kind, columns, examples, mapping } = preview;
  if (kind === "vcard") return nothing;
  return html`<div class="import-columns" role="group" aria-label=${t("imports.columns")}>
    ${columns.map((column, place) => {
      const field = becomes(mapping, column);
      const changed = (event: Event) => {
        const chosen = (event.target as HTMLSelectElement).value;
        choose({ mapping: change(mapping, column, chosen) });
      };
      return html`<label class=${field ? "import-column" : "import-column unread"} data-key=${column}>
        <span class="import-heading">${stranger(column)}</span>
        <span class="meta import-example">${stranger(examples[place] ?? "")}</span>
        <select data-testid="import-becomes" .value=${live(field)} @change=${changed}>
          ${fieldsFor(field).map(
            (each) =>
              html`<option value=${each} ?selected=${each === field}>${fieldWords(each)}</option>`,
          )}
        </select>
      </label>`;
    })}
  </div>`;
}

/** The fields to choose from; that of the column is among them, whatever the use of its numbers. */
function fieldsFor(field: string): readonly string[] {
  const known = BECOMES as readonly string[];
  return known.includes(field) ? known : [...known, field];
}

function fieldWords(field: string) {
  if (field === USE) return t("imports.use");
  const [name = "", label = ""] = field.split(":");
  if (name !== "number") return t(FIELD_WORDS[name] ?? "imports.nothing");
  if (label === "") return t("record.number");
  return t("imports.numberOf", { use: label in USES ? t(USES[label] as Key) : label });
}

const FIELD_WORDS: Record<string, Key> = {
  name: "record.name",
  organization: "record.organization",
  emails: "record.emails",
  address: "record.address",
  note: "record.note",
  url: "record.url",
  tags: "record.tags",
  owner: "record.owner",
  team: "imports.team",
  inactive: "record.inactive",
  type: "record.type",
  host_id: "imports.hostId",
};

const USES: Record<string, Key> = {
  work: "record.use.office",
  mobile: "record.use.mobile",
  home: "record.use.private",
  main: "imports.mainNumber",
  fax: "record.use.fax",
};
