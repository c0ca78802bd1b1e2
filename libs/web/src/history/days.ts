// Spans of days that people filter calls by.

import { dayOf } from "../calls/filter";
import { now } from "../core/clock";

/** Both days are chosen by hand. */
export const CUSTOM = "custom";
export const SPANS = ["today", "yesterday", "week", "month", CUSTOM] as const;
export type Span = (typeof SPANS)[number];

/** Days before today on which each span begins and ends. */
const BOUNDS: Record<Exclude<Span, "custom">, readonly [number, number]> = {
  today: [0, 0],
  yesterday: [1, 1],
  week: [6, 0],
  month: [29, 0],
};

/** The first and the last day of a span; empty for all days. */
export function daysOf(span: Span | "") {
  if (span === "" || span === CUSTOM) return { from: "", to: "" };
  const [first, last] = BOUNDS[span];
  return { from: daysAgo(first), to: daysAgo(last) };
}

/** The span that has these days today; empty for all days. */
export function spanOf(from: string, to: string): Span | "" {
  if (!from && !to) return "";
  const spans = SPANS.filter((span) => span !== CUSTOM);
  const same = (days: { from: string; to: string }) => days.from === from && days.to === to;
  return spans.find((span) => same(daysOf(span))) ?? CUSTOM;
}

function daysAgo(days: number) {
  const day = new Date(now());
  day.setDate(day.getDate() - days); // not by milliseconds: days of a changed clock are longer
  return dayOf(day);
}
