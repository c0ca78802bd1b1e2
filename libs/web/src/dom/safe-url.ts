// Lets addresses of strangers lead to web pages only.

/** Returns the address if it is http, https or a path of this host, else null. */
export function safeUrl(url: string) {
  try {
    const parsed = url.startsWith("/") ? new URL(url, location.origin) : new URL(url);
    if (url.startsWith("/") && parsed.origin !== location.origin) return null;
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
  } catch {
    return null;
  }
}
