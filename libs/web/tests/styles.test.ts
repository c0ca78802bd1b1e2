// Colours and sizes of text come from the tokens, so that the design can be changed in one place.

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const FOLDER = resolve(import.meta.dirname, "../src");
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".css") && !name.endsWith("tokens.css"),
);
const read = (name: string) => readFileSync(resolve(FOLDER, name), "utf8");
const sources = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.startsWith("i18n/"))
  .map(read)
  .concat(read("../index.html"), read("../404.html"), read("../components.html"))
  .concat(read("../components/main.ts"))
  .join("\n");

test.each(files)("%s has no colour and no size of text of its own", (name) => {
  expect(read(name).match(/#[0-9a-f]{3,8}\b|font-size: (?!var)[^;]+/gi) ?? []).toEqual([]);
});

test.each(files)("%s uses tokens that exist", (name) => {
  const known = read("styles/tokens.css");
  const own = read(name);
  const names = [...own.matchAll(/var\((--[\w-]+)/g)].map((match) => match[1]);
  expect(
    names.filter((token) => !known.includes(`${token}:`) && !own.includes(`${token}:`)),
  ).toEqual([]);
});

/** The beginnings of classes such as `pill-${state}`; their ends are words of the sources. */
const stems = [...sources.matchAll(/(?<=[\s"'`])([a-z][\w-]*-)\$\{/g)].map(
  ([, stem]) => stem ?? "",
);

function isUsed(name: string) {
  if (new RegExp(`(?<![\\w.-])${name}(?![\\w-])`).test(sources)) return true;
  const ends = stems.filter((stem) => name.startsWith(stem)).map((stem) => name.slice(stem.length));
  return ends.some((end) => new RegExp(`"${end}"|\\b${end}:`).test(sources));
}

test.each(files)("%s has no class that no element has", (name) => {
  const selectors = read(name).replace(/\/\*.*?\*\/|\{[^{}]*\}|"[^"]*"/gs, " ");
  const names = [...selectors.matchAll(/\.([a-z][\w-]*)/gi)].map((match) => match[1] ?? "");
  expect([...new Set(names)].filter((each) => !isUsed(each))).toEqual([]);
});

/** The classes that a file gives a look by themselves, apart from rules for a medium or a width. */
function classesOf(name: string) {
  const plain = read(name)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/@[\w-]+[^{;]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}/g, "");
  const selectors = [...plain.matchAll(/([^{}]+)\{/g)].flatMap(([, list = ""]) => list.split(","));
  return new Set(selectors.map((each) => each.trim()).filter((each) => /^\.[\w-]+$/.test(each)));
}

test("a class has its look from one file, so that no part of the page changes another", () => {
  const homes = new Map<string, string[]>();
  for (const name of files) {
    for (const each of classesOf(name)) homes.set(each, [...(homes.get(each) ?? []), name]);
  }
  expect([...homes].filter(([, names]) => names.length > 1)).toEqual([]);
});
