// The words of administrators are loaded late: what everybody loads at once must not need them.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "vitest";
import { words as adminWords } from "../src/i18n/de/admin";
import { words as pageWords } from "../src/i18n/de/page";

const SOURCES = resolve(import.meta.dirname, "../src");

/** The sources of all modules that an entry imports, but for those it imports when it needs them. */
function loadedAtOnce(entry: string, seen = new Map<string, string>()) {
  if (seen.has(entry)) return seen;
  const source = readFileSync(`${entry}.ts`, "utf8");
  seen.set(entry, source);
  for (const [, types, path = ""] of source.matchAll(/import (type )?[^;]*?from "(\..*?)";/g)) {
    if (!types && !path.endsWith(".svg")) loadedAtOnce(join(dirname(entry), path), seen);
  }
  return seen;
}

test("what everybody loads at once needs no word of administrators", () => {
  const modules = loadedAtOnce(join(SOURCES, "main"));
  expect(modules.size).toBeGreaterThan(30);
  expect([...modules.keys()].filter((path) => /admin$|bin$|security-log$/.test(path))).toEqual([]);
  const sources = [...modules.values()].join("\n");
  expect(Object.keys(adminWords).filter((key) => sources.includes(`"${key}"`))).toEqual([]);
  const prefixes = [...sources.matchAll(/\bt\(\s*`([\w.-]+)\$\{/g)].map(
    ([, prefix]) => prefix ?? "",
  );
  expect(prefixes.length).toBeGreaterThan(5);
  const known = Object.keys(pageWords);
  expect(prefixes.filter((prefix) => !known.some((key) => key.startsWith(prefix)))).toEqual([]);
});

test("no word is in both parts", () => {
  expect(Object.keys(pageWords).filter((key) => key in adminWords)).toEqual([]);
});

/** Keys that no module names because the server does: events of the security log, resources of services. */
const OF_SERVER = /^(audit\.(on|detail)|system\.resource)\./;

test("every word is used", () => {
  const names = readdirSync(SOURCES, { recursive: true, encoding: "utf8" });
  const modules = names.filter((name) => /^(?!i18n\/(de|en)\/).*\.ts$/.test(name));
  const sources = modules.map((name) => readFileSync(join(SOURCES, name), "utf8")).join("\n");
  const quoted = new Set([...sources.matchAll(/"([\w.:-]+)"|\b([\w-]+):/g)].flat());
  const templates = [...sources.matchAll(/`([\w-]+\.[\w.-]*)\$\{[^`]*?\}([\w.-]*)`/g)];
  const isMade = (key: string) =>
    templates.some(([, start = "", end = ""]) => {
      const isLike = key.startsWith(start) && key.endsWith(end);
      const middle = key.slice(start.length, key.length - end.length);
      return isLike && middle.split(".").every((word) => quoted.has(word));
    });
  /** `${kind}.${value}`, with both from lists. */
  const isJoined = (key: string) => {
    const dot = key.lastIndexOf(".");
    return quoted.has(key.slice(0, dot)) && quoted.has(key.slice(dot + 1));
  };
  const isUsed = (key: string) => quoted.has(key) || isMade(key) || isJoined(key);
  const keys = Object.keys({ ...pageWords, ...adminWords }).filter((key) => !OF_SERVER.test(key));
  const unused = keys.filter((key) => !isUsed(key) && !isUsed(key.replace(/\.(one|other)$/, "")));
  expect(unused).toEqual([]);
});
