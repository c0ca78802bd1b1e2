// Applies the language and the theme that are stored with the user, in this browser.

import type { Preferences } from "../api/notifier";
import { language, setLanguage } from "../i18n/messages";
import { chooseTheme } from "./theme";

/**
 * Returns whether the language of the page has changed. A user without a language of their own keeps
 * that of the browser; so does one whose words cannot be loaded now.
 */
export async function applyPreferences({ language: wanted, theme }: Preferences) {
  chooseTheme(theme);
  if (!needsWords({ language: wanted })) return false;
  try {
    await setLanguage(wanted as "de" | "en");
    return true;
  } catch {
    return false;
  }
}

/** Whether the words of another language have to be loaded first. */
export function needsWords({ language: wanted }: Pick<Preferences, "language">) {
  return wanted !== "browser" && wanted !== language();
}
