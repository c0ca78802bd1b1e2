// Reloads a page whose files cannot be loaded although the server answers.

import { dropDeadConnections, limit } from "../core/request";
import { PREFIX } from "../core/storage";

const PROBE_MILLIS = 5000;
const RELOADED = `${PREFIX}reloaded`;
/** A page that was reloaded in this time and still lacks a file would only reload again. */
const AGAIN_MILLIS = 60_000;

/**
 * Files cannot be asked for again in the same page: an import that hangs on a dead connection, or
 * that failed since a newer release has other files, stays so. Returns false if a reload would not
 * help.
 */
export async function reloadForFiles() {
  dropDeadConnections();
  try {
    const { signal } = limit(PROBE_MILLIS);
    await fetch("/", { method: "HEAD", cache: "no-store", signal });
  } catch {
    return false;
  }
  const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
  if (Date.now() - last < AGAIN_MILLIS) return false;
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
  return true;
}
