// The countries whose numbers the server can read, named in the language of the page.

import { language } from "../i18n/messages";

/** ISO 3166 codes; a test compares them with the server's. */
const CODES = (
  "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO " +
  "BQ BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK " +
  "DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ " +
  "GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM " +
  "KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO " +
  "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH " +
  "PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR " +
  "SS ST SV SX SY SZ TA TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC " +
  "VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
).split(" ");

/** The countries with their names in both languages of the page, for forms before the sign-in. */
export function countries() {
  const german = new Intl.DisplayNames(["de"], { type: "region" });
  const english = new Intl.DisplayNames(["en"], { type: "region" });
  return CODES.map((region) => ({
    region,
    name_de: german.of(region) ?? region,
    name_en: english.of(region) ?? region,
  }));
}

/** The time zones that this browser knows. */
export function timeZones() {
  return Intl.supportedValuesOf("timeZone");
}

/** The countries with their names in the language of the page, by name. */
export function countryOptions() {
  const names = new Intl.DisplayNames([language()], { type: "region" });
  const order = new Intl.Collator(language()).compare;
  const options = CODES.map((code) => [code, `${names.of(code) ?? code} (${code})`] as const);
  return options.sort(([, a], [, b]) => order(a, b));
}
