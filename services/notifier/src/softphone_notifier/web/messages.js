// Chooses the language and fills values into its sentences.

import { de as deviceDe } from "./device-messages-de.js";
import { en as deviceEn } from "./device-messages-en.js";
import { de } from "./messages-de.js";
import { en } from "./messages-en.js";
import { recall, remember } from "./storage.js";

/** @typedef {keyof typeof de | keyof typeof deviceDe} Key */
/** @typedef {"de" | "en"} Language */

/** @type {Record<"de" | "en", Record<Key, string>>} */
const CATALOGUE = { de: { ...de, ...deviceDe }, en: { ...en, ...deviceEn } };

/** @type {readonly Language[]} */
export const LANGUAGES = ["de", "en"];

/** @type {Language} */
let current = preferred();

/** The last choice, else the browser's first supported language, else German. @returns {Language} */
function preferred() {
  const known = [recall("language"), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return known.find((tag) => tag === "de" || tag === "en") === "en" ? "en" : "de";
}

export function language() {
  return current;
}

/** @param {Language} chosen */
export function setLanguage(chosen) {
  current = chosen;
  remember("language", chosen);
}

/**
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  return fill(CATALOGUE[current][key], values);
}

/**
 * Replaces the `{names}` in a text; a name without a value stays.
 * @param {string} text
 * @param {Record<string, unknown>} values
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
