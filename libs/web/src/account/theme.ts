// Light or dark, as the user chose in this browser, or as the system says.

import { recall, remember } from "../core/storage";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export function theme(): Theme {
  const chosen = recall("theme");
  return THEMES.find((known) => known === chosen) ?? "system";
}

/** Shows the theme that was chosen; tokens.css reads it from the root element. */
export function showTheme() {
  const { dataset } = document.documentElement;
  const chosen = theme();
  if (chosen === "system") delete dataset.theme;
  else dataset.theme = chosen;
}

export function chooseTheme(chosen: Theme) {
  remember("theme", chosen === "system" ? null : chosen);
  showTheme();
}
