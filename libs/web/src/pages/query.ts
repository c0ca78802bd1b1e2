// Reads the query of an address that a phone filled in, by the rules for hits: the phone may have
// escaped too much or nothing.

/**
 * Returns the parameters by name in small letters; of several the first that is not empty. A raw plus becomes a
 * blank, which the server reads as a plus in front of a number, so values are not trimmed.
 * The query begins with its question mark.
 */
export function parameters(query: string) {
  const text = query
    .slice(1)
    .replace(/&(?:(?:amp|(?:#|%23)(?:38|x26));)+/gi, "&")
    .replace(/%26(?:(?:amp|(?:#|%23)(?:38|x26));)+(?=[\w.[\]-]+=)/gi, "&")
    .replace(/\?(?=[\w.[\]-]+=)/g, "&");
  const separator = !text.includes("&") && /;[\w.[\]-]+=/.test(text) ? ";" : "&";
  const values: Map<string, string> = new Map();
  for (const part of text.split(separator)) {
    const raw = decoded(part.split("=", 1)[0] ?? "").trim();
    const name = raw.replace(/^(?:amp;)+(?=.)/i, "").toLowerCase();
    if (!values.get(name)) values.set(name, decoded(part.slice(part.indexOf("=") + 1)));
  }
  return values;
}

function decoded(text: string) {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Latin-1, or a percent sign that escapes nothing
    const byte = (hex: string) => String.fromCharCode(parseInt(hex, 16));
    return spaced.replace(/%([0-9a-f]{2})/gi, (_, hex) => byte(hex));
  }
}
