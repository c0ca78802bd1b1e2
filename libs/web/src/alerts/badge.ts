// The icon of the page in the browser's tab, with the number of calls that ring.

import logo from "../../assets/logo.svg";

/** The icons are files, since the policy of the page allows no data: addresses. */
const ICONS = import.meta.glob<string>("../../assets/ringing/*.svg", {
  eager: true,
  query: "?url",
  import: "default",
});

export function showBadge(ringing: number) {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const name = ringing > 9 ? "more" : ringing;
  const icon = ringing > 0 ? (ICONS[`../../assets/ringing/ringing-${name}.svg`] ?? logo) : logo;
  // an address that is set again may be read again
  if (link && link.getAttribute("href") !== icon) link.setAttribute("href", icon);
}
