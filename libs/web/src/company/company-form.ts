// The name, the country and the time zone of the company.

import { html } from "lit";
import type { RegionOutput } from "../api/ingest";
import { choiceField, textField } from "../forms/fields";
import type { Values } from "../forms/values";
import { language, t } from "../i18n/messages";

/** The entries of the lists of countries and time zones. */
export interface Places {
  regions: readonly Region[];
  zones: readonly string[];
}

/** A country, with its country code if the server has said it. */
type Region = Pick<RegionOutput, "region" | "name_de" | "name_en"> & Partial<RegionOutput>;

export interface Company {
  name: string;
  region: string;
  time_zone: string;
}

export function companyFields(company: Company, { regions, zones }: Places) {
  const named = regions.map(({ region, country_code, name_de, name_en }) => {
    const name = language() === "de" ? name_de : name_en;
    return [region, country_code ? `${name} (+${country_code})` : name] as const;
  });
  const order = new Intl.Collator(language()).compare;
  named.sort(([, a], [, b]) => order(a, b));
  return html`
    ${textField({
      name: "name",
      label: t("company.name"),
      value: company.name,
      required: true,
      maxlength: 100,
      autocomplete: "organization",
    })}
    ${choiceField({
      name: "region",
      label: t("numbers.region"),
      hint: t("company.region.hint"),
      value: company.region,
      options: named,
    })}
    ${choiceField({
      name: "time_zone",
      label: t("company.time_zone"),
      hint: t("company.time_zone.hint"),
      value: company.time_zone,
      options: zones.map((zone) => [zone, zone.replaceAll("_", " ")] as const),
    })}
  `;
}

export function companyOf(values: Values): Company {
  return {
    name: values.of("name"),
    region: values.of("region"),
    time_zone: values.of("time_zone"),
  };
}
