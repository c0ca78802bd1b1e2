import { describe, expect, test } from "vitest";
import * as adminDe from "../src/i18n/de/admin";
import * as de from "../src/i18n/de/page";
import * as adminEn from "../src/i18n/en/admin";
import * as en from "../src/i18n/en/page";
import { counted, fill, keysOf, load, setLanguage, t, wordsOf } from "../src/i18n/messages";
import { problemText } from "../src/i18n/problems";

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each([
  ["of the page", de.words, en.words],
  ["of the administrators", adminDe.words, adminEn.words],
])("the words %s", (_, german, english) => {
  test("have the same values in both languages", () => {
    const valuesOf = (words: Record<string, string>) =>
      Object.fromEntries(Object.entries(words).map(([key, text]) => [key, names(text)]));
    expect(valuesOf(english)).toEqual(valuesOf(german));
  });
});

test("a count has its own words for one, and digits as people write them", async () => {
  const texts = () => [1, 2, 1200].map((n) => counted("comment.more", n));
  expect(texts()).toEqual([
    "1 weiteren Kommentar anzeigen",
    "2 weitere Kommentare anzeigen",
    "1.200 weitere Kommentare anzeigen",
  ]);
  await setLanguage("en");
  expect(texts()[2]).toBe("Show 1,200 more comments");
});

test("the language changes for words and problems", async () => {
  expect([t("signout"), problemText("file-unknown", {}, "?")]).toEqual([
    "Abmelden",
    de.sentences["file-unknown"],
  ]);
  await setLanguage("en");
  expect([t("signout"), problemText("file-unknown", {}, "?")]).toEqual([
    "Sign out",
    en.sentences["file-unknown"],
  ]);
});

test("parts that were loaded change the language too", async () => {
  await load("admin");
  await setLanguage("en");
  expect(t("form.save")).toBe("Save");
});

test("what this page does not know is shown as the server sent it", () => {
  expect(problemText("of-tomorrow", {}, "english text")).toBe("english text");
  expect(wordsOf("audit.on.of-tomorrow")).toBeUndefined();
  expect(keysOf("nothing.")).toEqual([]);
});

test("a value that is missing leaves its name", () => {
  expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
});
