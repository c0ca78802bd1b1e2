// Switches the language of the page.

import { h } from "../dom/dom";
import { LANGUAGES, type Language, language, setLanguage, t } from "../i18n/messages";

/** Calls `changed` once the words of another language are there. */
export function languageSwitch(changed: () => void) {
  const choose = async (chosen: Language) => {
    try {
      await setLanguage(chosen);
    } catch {
      return; // the server cannot be reached: the page keeps its language
    }
    changed();
  };
  const buttons = LANGUAGES.map((tag) =>
    h(
      "button",
      {
        type: "button",
        class: "language",
        lang: tag,
        "aria-pressed": String(tag === language()),
        onclick: () => void choose(tag),
      },
      tag.toUpperCase(),
    ),
  );
  return h("div", { class: "languages", role: "group", "aria-label": t("language") }, ...buttons);
}
