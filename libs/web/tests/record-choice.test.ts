import { describe, expect, test } from "vitest";
import { headline } from "../src/card/caller";
import { choiceFor } from "../src/card/choice";
import type { Match } from "../src/core/types";
import { numberLink, recordLink } from "../src/directory/record-link";
import { callOf, matchOf } from "./examples";

const { remote } = callOf();
const caller = { remote, call: "c1", extension: "21" };
const CRM = "https://crm.example/contact/{host_id}?phone={e164}&call={call}&at={extension}";
const record = (changes: Partial<Match> = {}): Match => ({
  ...matchOf("Huber, Maria"),
  host_id: "17/4",
  ...changes,
});

describe("the address of a record", () => {
  test("is the tenant's with everything percent-encoded", () => {
    expect(recordLink(record(), caller, CRM)).toBe(
      "https://crm.example/contact/17%2F4?phone=%2B498999998001&call=c1&at=21",
    );
  });

  test("is the record's own, which may be a template too", () => {
    const url = "https://erp.example/{type}/{record}?{unknown}";
    expect(recordLink(record({ url }), caller, CRM)).toBe(
      "https://erp.example/contact/Huber%2C%20Maria?{unknown}",
    );
  });

  test.each([
    ["javascript:alert({e164})", ""],
    ["", ""],
    ["//evil.example/{e164}", ""],
    ["https://{extension}.evil.example/", ""],
    ["https://a@{host_id}", ""],
  ])("is none for %j", (url, tenant) => {
    expect(recordLink(record({ url }), caller, tenant)).toBeNull();
  });

  test("of a number has no record in it, and a number without E.164 has none", () => {
    expect(numberLink(caller, CRM)).toContain("/contact/?phone=%2B498999998001");
    expect(numberLink({ ...caller, remote: { ...remote, e164: null } }, CRM)).toBeNull();
    expect(numberLink(caller, "")).toBeNull();
  });
});

describe("what a caller shows", () => {
  const popup = { no_record: "popup", one_record: "popup", many_records: "popup" } as const;
  const open = { no_record: "open", one_record: "open", many_records: "open" } as const;
  const add = { no_record: "new", one_record: "new", many_records: "new" } as const;
  const linked = record({ url: "https://erp.example/17" });
  const other = record({ record: "other", url: "https://erp.example/18" });
  const doubtful = record({ level: "maybe", url: "https://erp.example/19" });
  const searched = numberLink(caller, CRM);

  test.each([
    ["popup", [], popup, CRM, null, false],
    ["popup", [linked], popup, CRM, null, false],
    ["popup", [linked, other], popup, CRM, null, false],
    ["open without a record", [], open, CRM, searched, false],
    ["open without an application", [], open, "", null, false],
    ["open one", [linked], open, "", "https://erp.example/17", false],
    [
      "open one in the application",
      [record()],
      open,
      CRM,
      recordLink(record(), caller, CRM),
      false,
    ],
    ["open one without an address", [record()], open, "", null, false],
    ["open many in the application", [linked, other], open, CRM, searched, false],
    ["open the surest of many", [record(), linked], open, "", "https://erp.example/17", false],
    ["new", [], add, "", null, true],
    ["new in the application", [], add, CRM, searched, true],
    ["new for one", [linked], add, "", null, true],
    ["popup for one in doubt", [doubtful], open, CRM, null, false],
    [
      "open one that is not in doubt",
      [linked, doubtful],
      open,
      CRM,
      "https://erp.example/17",
      false,
    ],
  ])("%s", (_, matches, choices, tenant, address, isNew) => {
    expect(choiceFor(matches, caller, choices, tenant)).toEqual({ open: address, isNew });
  });

  test("counts none, one and many apart", () => {
    const choices = { no_record: "new", one_record: "open", many_records: "popup" } as const;
    const shown = [[], [linked], [linked, other]].map((matches) =>
      choiceFor(matches, caller, choices, ""),
    );
    expect(shown).toEqual([
      { open: null, isNew: true },
      { open: "https://erp.example/17", isNew: false },
      { open: null, isNew: false },
    ]);
  });

  test.each(["anonymous", "internal", "service", "invalid"] as const)(
    "a number that is %s has no record to open",
    (kind) => {
      const hidden = { ...caller, remote: { ...remote, kind } };
      expect(choiceFor([], hidden, open, CRM)).toEqual({ open: null, isNew: false });
    },
  );
});

describe("the headline", () => {
  const huber = record({ organization: "Huber GmbH" });
  const doubtful = record({ type: "organization", name: "Keller KG", level: "maybe" });
  const works = record({ type: "organization", name: "Huber Maschinenbau" });

  test.each([
    ["a record's name and company", [huber], "H.", ["Huber, Maria", "Huber GmbH", "record"]],
    [
      "the organisation's name",
      [record(), works],
      "",
      ["Huber, Maria", "Huber Maschinenbau", "record"],
    ],
    ["an organisation alone", [works], "", ["Huber Maschinenbau", "", "record"]],
    ["the telephone's name", [], "\u202eEva", ["Eva", "", "phone"]],
    ["the number", [], "", ["+49 89 99998001", "", "number"]],
    ["the number of a record in doubt", [doubtful], "", ["+49 89 99998001", "", "number"]],
    ["a record that is not in doubt", [record(), doubtful], "", ["Huber, Maria", "", "record"]],
  ])("is %s", (_, matches, name, expected) => {
    const { title, company, from } = headline({ remote, matches, name });
    expect([title, company, from]).toEqual(expected);
  });
});
