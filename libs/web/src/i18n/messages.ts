// Chooses the language and fills values into its sentences.

import { recall, remember } from "../core/storage";
import type { words as adminWords } from "./de/admin";
import type { words as pageWords } from "./de/page";

export type Key = keyof typeof pageWords | keyof typeof adminWords;
export type Language = "de" | "en";
/** `page` has the words of everybody's views, `admin` those of the views that few people open. */
export type Part = "page" | "admin";

interface Catalogue {
  words: Partial<Record<Key, string>>;
  sentences?: Record<string, string>;
}

const CATALOGUES: Record<Part, Record<Language, () => Promise<Catalogue>>> = {
  page: { de: () => import("./de/page"), en: () => import("./en/page") },
  admin: { de: () => import("./de/admin"), en: () => import("./en/admin") },
};

export const LANGUAGES: readonly Language[] = ["de", "en"];

let current = preferred();
let parts: readonly Part[] = [];
/** The words of the language and the parts that are loaded. */
let words: Catalogue["words"] = {};
/** The sentences of the server's problems, by code. */
let sentences: Record<string, string> = {};

/** The last choice, else the browser's first supported language, else German. */
function preferred(): Language {
  const tags = [recall("language"), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return tags.find((tag) => tag === "de" || tag === "en") === "en" ? "en" : "de";
}

export function language() {
  return current;
}

/** Loads words that are needed now. Rejects if the server cannot be reached. */
export function load(part: Part) {
  return use(current, [...new Set([...parts, part])]);
}

/** Changes the language once its words are loaded. Rejects if the server cannot be reached. */
export async function setLanguage(chosen: Language) {
  await use(chosen, parts);
  remember("language", chosen);
}

async function use(chosen: Language, needed: readonly Part[]) {
  const loaded = await Promise.all(needed.map((part) => CATALOGUES[part][chosen]()));
  current = chosen;
  parts = [...new Set([...parts, ...needed])];
  words = Object.assign({}, ...loaded.map((each) => each.words));
  sentences = Object.assign({}, ...loaded.map((each) => each.sentences));
}

export function t(key: Key, values: Record<string, string | number> = {}) {
  return fill(words[key] ?? key, values);
}

/** The keys that have a form for one and one for all other counts. */
type Counted = Extract<Key, `${string}.one`> extends `${infer Stem}.one` ? Stem : never;

/** Returns the words for a count, with `{n}` as people write it in the language. */
export function counted(stem: Counted, n: number, values: Record<string, string | number> = {}) {
  const form = new Intl.PluralRules(current).select(n) === "one" ? "one" : "other";
  const number = new Intl.NumberFormat(current).format(n);
  return t(`${stem}.${form}` as Key, { ...values, n: number });
}

/** Returns the words for a key that a newer server may send and this page may not know. */
export function wordsOf(key: string) {
  return (words as Record<string, string>)[key];
}

/** The keys of all loaded words that begin like this. */
export function keysOf(prefix: string) {
  return Object.keys(words).filter((key) => key.startsWith(prefix));
}

/** Returns the sentence of a problem's code, if this page has one. */
export function sentenceOf(code: string): string | undefined {
  return sentences[code];
}

/** Replaces the `{names}` in a text; a name without a value stays. */
export function fill(text: string, values: Record<string, unknown>) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
