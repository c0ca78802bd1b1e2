// Formats times, durations and numbers for people.

import { now } from "../core/clock";
import type { Call, Match, Remote } from "../core/types";
import { plain } from "../dom/stranger";
import { language, t } from "../i18n/messages";
import type { Reader } from "./filter";

/** Formats seconds as `m:ss`, from an hour on as `h:mm:ss`. */
export function duration(seconds: number) {
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(Math.floor(seconds % 60));
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Formats a time of today or yesterday without its date. */
export function when(time: string) {
  const [at, today] = [new Date(time), new Date(now())];
  const hour = hourOf(at, { minute: "2-digit" });
  if (at.toDateString() === today.toDateString()) return t("when.today", { time: hour });
  today.setDate(today.getDate() - 1);
  if (at.toDateString() === today.toDateString()) return t("when.yesterday", { time: hour });
  const year = at.getFullYear() === today.getFullYear() ? undefined : "numeric";
  const day = at.toLocaleDateString(locale(), { day: "2-digit", month: "2-digit", year });
  return `${day} ${hour}`;
}

/** Formats a time with its whole date. */
export function dateText(millis: number) {
  return new Date(millis).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}

/** Formats a time with its seconds and without its date. */
export function clockText(time: string) {
  return hourOf(new Date(time), { minute: "2-digit", second: "2-digit" });
}

/**
 * The language of the page with the country of the browser, which decides between 18:41 and 6:41 PM.
 * English without a country is British, since the page is used in Europe.
 */
function locale() {
  const tag = navigator.languages.find((each) => each.startsWith(`${language()}-`));
  return tag ?? (language() === "en" ? "en-GB" : "de-DE");
}

function hourOf(time: Date, rest: Intl.DateTimeFormatOptions) {
  const { hour12 } = new Intl.DateTimeFormat(locale(), { hour: "numeric" }).resolvedOptions();
  return time.toLocaleTimeString(locale(), { hour: hour12 ? "numeric" : "2-digit", ...rest });
}

export function numberText(remote: Remote) {
  if (remote.kind === "anonymous") return t("number.anonymous");
  const number = plain(remote.display || remote.raw) || t("number.anonymous");
  return remote.ext ? t("number.extension", { number, ext: remote.ext }) : number;
}

/** Returns the own number that was called with its name, or an empty text. */
export function calledText({ called, called_name: name }: Call) {
  return called
    ? t("called", { called: [plain(name), numberText(called)].filter(Boolean).join(" ") })
    : "";
}

/**
 * Returns the number to dial, or null if it cannot be dialled by a click. Codes such as `*21*...#`
 * change the settings of a line, and callers and links choose what is shown: a code must be typed.
 */
export function dialable(remote: Remote) {
  if (remote.kind === "anonymous" || remote.kind === "invalid") return null;
  const number = remote.e164 || remote.display;
  if (/[*#]/.test(number)) return null;
  // the server reads digits behind commas as dialled after the answer
  return number && remote.ext ? `${number},,${remote.ext}` : number || null;
}

/** Whether a record is the caller's as far as its number says; one with the same last digits may not be. */
export function isSure({ level }: Match) {
  return level !== "maybe";
}

/** Returns the first name that is not in doubt and how many more there are, for a list. */
export function who(call: Call) {
  const sure = call.matches.filter(isSure);
  return {
    name: plain(sure[0]?.name || call.name),
    others: Math.max(0, sure.length - 1),
  };
}

/** The caller's name and number in one line. */
export function callerText(call: Call) {
  return [who(call).name, numberText(call.remote)].filter(Boolean).join(", ");
}

/** The organisation behind the number, if it is not the name that is shown already. */
export function companyOf(call: Call) {
  const found = call.matches.find(
    (match) => match.type === "organization" && match.name && isSure(match),
  );
  return found && found.name !== who(call).name ? found.name : "";
}

/**
 * The extension that answered, else that of the call, with the names of the users at the call's
 * extensions: those at this extension first.
 */
export function peopleOf(call: Call, { usersAt }: Reader) {
  const extension = call.answered_by || call.extension;
  const all = [extension, ...call.legs.map((leg) => leg.extension)];
  const answered = call.answered_by ? [extension] : all;
  const names = [...new Set(answered)].flatMap((each) => usersAt(each).map(({ name }) => name));
  return { extension, names: [...new Set(names)].filter(Boolean) };
}
