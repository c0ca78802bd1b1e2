// Imports: the column that fills each field, and the report of the rows that were not saved.

import { beforeEach, expect, test } from "vitest";
import type { ColumnMapping } from "../src/api/matcher";
import { load } from "../src/i18n/messages";
import { BECOMES, becomes, change, mappingText, USE } from "../src/imports/mapping";
import { placeText, reportText, sentence } from "../src/imports/report";

const NOTHING: ColumnMapping = {
  name: [],
  numbers: [],
  organization: "",
  emails: [],
  address: [],
  note: [],
  url: "",
  tags: [],
  owner: "",
  team: "",
  inactive: "",
  type: "",
  host_id: "",
  record_type: "contact",
};
const GOOGLE: ColumnMapping = {
  ...NOTHING,
  name: ["Vorname", "Name"],
  numbers: [{ column: "Phone 1 - Value", label: "", label_column: "Phone 1 - Label" }],
  address: [["Straße"], ["PLZ", "Ort"]],
  organization: "Firma",
};

beforeEach(async () => {
  await load("page");
  await load("admin");
});

test("every field can be chosen and is found again", () => {
  for (const field of BECOMES) {
    const mapping = change(GOOGLE, "Spalte", field);
    expect(becomes(mapping, "Spalte")).toBe(field);
    expect(becomes(change(mapping, "Spalte", ""), "Spalte")).toBe("");
    expect(becomes(mapping, "Vorname")).toBe("name");
  }
});

test("a column is read once", () => {
  let mapping = change(GOOGLE, "PLZ", "note");
  expect(mapping.address).toEqual([["Straße"], ["Ort"]]);
  mapping = change(mapping, "Ort", "number:work");
  expect(mapping.address).toEqual([["Straße"]]);
  expect(mapping.numbers.at(-1)).toEqual({ column: "Ort", label: "work", label_column: "" });
  expect(change(mapping, "Kunde", "organization").organization).toBe("Kunde");
});

test("a column with the uses of numbers is known, and can become something else", () => {
  expect(becomes(GOOGLE, "Phone 1 - Label")).toBe(USE);
  const changed = change(GOOGLE, "Phone 1 - Label", "note");
  expect(changed.numbers[0]?.label_column).toBe("");
  expect(becomes(changed, "Phone 1 - Label")).toBe("note");
});

test("a mapping is sent without its empty fields", () => {
  expect(JSON.parse(mappingText(GOOGLE))).toEqual({
    name: ["Vorname", "Name"],
    numbers: [{ column: "Phone 1 - Value", label_column: "Phone 1 - Label" }],
    address: [["Straße"], ["PLZ", "Ort"]],
    organization: "Firma",
    record_type: "contact",
  });
});

test("a report has sentences, and no text that a spreadsheet computes", () => {
  const problem = { row: 3, code: "email-invalid", field: "emails", column: "Mail", text: "=1+1" };
  expect(sentence(problem)).toBe("Das ist keine E-Mail-Adresse.");
  expect(placeText(problem)).toBe("Zeile 3, Mail:");
  expect(placeText({ ...problem, column: "" })).toBe("Zeile 3:");
  expect(reportText([problem, { ...problem, text: 'a "b"', column: "+x" }])).toBe(
    [
      '\ufeff"Zeile";"Spalte";"Grund";"Text in der Datei"\r\n',
      '"3";"Mail";"Das ist keine E-Mail-Adresse.";"\'=1+1"\r\n',
      '"3";"\'+x";"Das ist keine E-Mail-Adresse.";"a ""b"""\r\n',
    ].join(""),
  );
  const tooLong = { ...problem, code: "text-too-long", params: { limit: 200 } };
  expect(sentence(tooLong)).toContain("200");
  expect(sentence({ ...problem, code: "of-a-newer-server" })).toBe("of-a-newer-server");
});
