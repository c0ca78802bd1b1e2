// Opens dial links.

const SCHEMES = new Set(["tel", "sip", "sips", "callto", "phone", "zoiper", "http", "https"]);

/**
 * Opens a dial link. Returns false if its scheme is none that dials; the server checks the hosts.
 */
export function openLink(link: string) {
  const scheme = /^\s*([a-z][a-z0-9+.-]*):/i.exec(link)?.[1]?.toLowerCase();
  if (scheme === undefined || !SCHEMES.has(scheme)) return false;
  if (scheme === "http" || scheme === "https") window.open(link, "_blank", "noopener");
  else location.href = link;
  return true;
}
