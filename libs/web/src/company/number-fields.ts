// The fields of a number profile, for a company or for what differs from it on one phone.

import { html } from "lit";
import type { NumberProfile } from "../core/types";
import { choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { countryOptions } from "./country";

const MODES = ["never", "always"] as const;
const FORMATS = ["any", "e164_without_plus"] as const;

type Name = keyof NumberProfile;

/** The settings of texts; the other fields are choices. */
const TEXTS: Partial<Record<Name, { maxlength?: number; type?: "number"; inputmode?: string }>> = {
  area_code: { maxlength: 6, inputmode: "tel" },
  trunk: { maxlength: 16, inputmode: "tel" },
  outside_prefix: { maxlength: 3, inputmode: "tel" },
  extension_max_len: { type: "number" },
  extension_ranges: { maxlength: 400 },
};

/** The country of a company is in another form. */
export const COMPANY_FIELDS: readonly Name[] = [
  "area_code",
  "trunk",
  "outside_prefix",
  "outside_prefix_mode",
  "format",
  "extension_max_len",
  "extension_ranges",
];
export const PHONE_FIELDS: readonly Name[] = ["region", ...COMPANY_FIELDS];

/** Fields that are empty have the inherited values; without such values none may be empty. */
export function profileFields(
  names: readonly Name[],
  own: Partial<NumberProfile>,
  inherited: NumberProfile | null = null,
) {
  return html`${names.map((name) => profileField(name, own[name], inherited?.[name]))}`;
}

type Value = NumberProfile[Name] | undefined;

function profileField(name: Name, own: Value, inherited: Value) {
  const field = {
    name: `numbers.${name}`,
    label: t(`numbers.${name}`),
    hint: t(`numbers.${name}.hint`),
    value: own === undefined ? "" : text(own),
  };
  const options = choicesOf(name);
  if (options === null) {
    const placeholder = inherited === undefined ? undefined : inheritedText(text(inherited));
    return textField({ ...field, ...TEXTS[name], ...(placeholder ? { placeholder } : {}) });
  }
  const words = options.find(([value]) => value === inherited)?.[1];
  const all = inherited === undefined ? [] : [["", inheritedText(words ?? "")] as const];
  return choiceField({ ...field, options: [...all, ...options] });
}

function inheritedText(value: string) {
  return value && t("numbers.inherited", { value });
}

/** The values of a choice with their words; null for a text. */
function choicesOf(name: Name) {
  if (name === "region") return countryOptions();
  if (name === "format") return FORMATS.map((each) => [each, t(`numbers.${each}`)] as const);
  if (name === "outside_prefix_mode")
    return MODES.map((each) => [each, t(`numbers.${each}`)] as const);
  return null;
}

/** The values of the fields; of a phone those that are filled in, since it inherits the others. */
export function profileOf(
  values: Values,
  names: readonly Name[],
  isOfPhone = false,
): Partial<NumberProfile> {
  const all = names.map((name) => [name, values.of(`numbers.${name}`)] as const);
  const given = isOfPhone ? all.filter(([, value]) => value !== "") : all;
  return Object.fromEntries(given.map(([name, value]) => [name, typed(name, value)]));
}

function typed(name: Name, value: string) {
  if (name === "extension_max_len") return Number(value);
  if (name === "extension_ranges") return value.split(/[\s,;]+/).filter(Boolean);
  return value;
}

function text(value: string | number | string[]) {
  return Array.isArray(value) ? value.join(", ") : String(value);
}
