// Which calls the list shows, as a filter of texts that the address keeps.

import type { Call, CallUser } from "../core/types";
import { RESULTS, resultOf } from "./result";

const NAMES = ["q", "user", "extension", "from", "to", "result", "direction", "mine"] as const;

/** The filter of the call list; an empty text fits every call. Days are as in 2026-03-02. */
export type Filter = Readonly<Record<(typeof NAMES)[number], string>>;

export const NO_FILTER = Object.fromEntries(NAMES.map((name) => [name, ""])) as Filter;

const LONGEST = 128;
const WORD_MIN = 2;
const DIGITS_MIN = 3;

/** Who reads the list, and which users have an extension as far as the page knows. */
export interface Reader {
  own: readonly string[];
  usersAt: (extension: string) => readonly CallUser[];
}

/** Reads the filter of an address; values that no list has are left out. */
export function filterOf(query: URLSearchParams): Filter {
  const value = (name: string) => (query.get(name) ?? "").slice(0, LONGEST);
  const filter = Object.fromEntries(NAMES.map((name) => [name, value(name)])) as Filter;
  const day = (text: string) => (isDay(text) ? text : "");
  return {
    ...filter,
    from: day(filter.from),
    to: day(filter.to),
    result: RESULTS.find((result) => result === filter.result) ?? "",
    direction: ["inbound", "outbound"].includes(filter.direction) ? filter.direction : "",
    mine: filter.mine === "yes" ? "yes" : "",
  };
}

/** The filter as the query of an address. */
export function queryOf(filter: Filter) {
  return new URLSearchParams(NAMES.filter((name) => filter[name]).map((n) => [n, filter[n]]));
}

/** How many conditions the filter has; the two days are one. */
export function conditionsOf(filter: Filter) {
  const { from, to, ...rest } = filter;
  return Object.values({ ...rest, days: from || to }).filter(Boolean).length;
}

/** Whether the server can search for a text: it asks for two letters or three digits. */
export function isSearchable(text: string) {
  const { words, numbers } = termsOf(text);
  return words.length + numbers.length > 0;
}

/**
 * Whether a call of a frame belongs into the filtered list. The server decides when the list is read
 * again, since the page has neither all comments nor the users of all extensions.
 */
export function fits(call: Call, filter: Filter, reader: Reader) {
  if (call.deleted_at !== null) return false;
  const extensions = call.legs.map((leg) => leg.extension);
  const isAt = (user: string) =>
    extensions.some((each) => reader.usersAt(each).some(({ id }) => id === user));
  const day = dayOf(new Date(call.started_at));
  return (
    (!filter.result || resultOf(call, reader.own) === filter.result) &&
    (!filter.direction || call.direction === filter.direction) &&
    (!filter.extension || extensions.includes(filter.extension.trim())) &&
    (!filter.mine || extensions.some((each) => reader.own.includes(each))) &&
    (!filter.user || isAt(filter.user)) &&
    (!filter.from || day >= filter.from) &&
    (!filter.to || day <= filter.to) &&
    isFound(call, filter.q)
  );
}

/** The day of a time in the time zone of this computer. */
export function dayOf(time: Date) {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
}

/** Whether a text is a day as in 2026-03-02. */
export function isDay(text: string) {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Searches as the server does: beginnings of words, and parts of the number. */
function isFound(call: Call, text: string) {
  const { words, numbers } = termsOf(text);
  const texts = [
    call.name,
    ...call.matches.map(({ name }) => name),
    ...call.comments.map((comment) => comment.text),
  ];
  const known = texts.flatMap((each) => folded(each).match(/[\p{L}\p{N}]+/gu) ?? []);
  const { e164, raw, display } = call.remote;
  const national = /^\+\d+ /.test(display) ? `0${display.replace(/^\+\d+ /, "")}` : "";
  const digits = [e164 ?? "", raw, national].map((each) => each.replace(/\D/g, ""));
  return (
    words.every((word) => known.some((each) => each.startsWith(word))) &&
    numbers.every((number) => digits.some((each) => each.includes(number)))
  );
}

function termsOf(text: string) {
  const numbers: string[] = [];
  const rest = folded(text.replace("(0)", "")).replace(
    /(?<![\p{L}\p{N}])\+?\(?\d(?:[\d\s()/.+-]*\d)?(?![\p{L}\p{N}])/gu,
    (number) => {
      const digits = number.replace(/\D/g, "");
      if (digits.length < DIGITS_MIN) return number;
      numbers.push(digits.replace(/^00/, ""));
      return " ";
    },
  );
  const words = (rest.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length >= WORD_MIN);
  return { words, numbers };
}

/** The text in small letters without accents: Müller, Mueller and Muller are equal. */
function folded(text: string) {
  const plain = text.toLowerCase().replaceAll("ß", "ss").normalize("NFKD").replace(/\p{M}/gu, "");
  return plain.replace(/(?<=[aou])e/g, "");
}
