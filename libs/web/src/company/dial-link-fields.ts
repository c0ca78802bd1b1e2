// The two fields of a dial link.

import { html } from "lit";
import type { DialLink, Spelling } from "../core/types";
import { choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";

export const SPELLINGS = ["e164", "international", "national", "outside"] as const;

/** Without a link here the inherited one is used. */
export function linkFields(
  link: string,
  spelling: string,
  dial: DialLink | null,
  inherited: DialLink | null = null,
) {
  return html`
    ${textField({
      name: link,
      label: t("dialLink.link"),
      hint: t("dialLink.hint"),
      value: dial?.link ?? "",
      maxlength: 300,
      ...(inherited ? { placeholder: inherited.link } : {}),
    })}
    ${choiceField({
      name: spelling,
      label: t("dialLink.spelling"),
      value: (dial ?? inherited)?.spelling ?? "e164",
      options: SPELLINGS.map((each) => [each, t(`spelling.${each}`)] as const),
    })}
  `;
}

/** The values of the fields, or null without a link. */
export function linkOf(values: Values, link: string, spelling: string): DialLink | null {
  const text = values.of(link);
  return text === "" ? null : { link: text, spelling: values.of(spelling) as Spelling };
}
