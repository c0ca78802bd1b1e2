// Proposes the id of a tenant from the name of the company.

const LONGEST = 40;
const SPELLINGS: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss" };
/** Legal forms, which no one would type when signing in. */
const FORMS = /\b(gmbh|mbh|ag|kg|ohg|gbr|ug|se|ev|ltd|limited|inc|llc|co)\b/g;

/** Returns small letters, digits and single hyphens, for example `huber-soehne`. */
export function tenantId(name: string) {
  const plain = name
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => SPELLINGS[letter] ?? letter)
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "");
  const parts = plain.replace(/\./g, "").replace(/[^a-z0-9]+/g, " ");
  const without = parts.replace(FORMS, " ").trim() || parts.trim();
  return without.replace(/ +/g, "-").slice(0, LONGEST).replace(/-+$/, "");
}
