// Creates elements. It takes no markup, so that texts of strangers stay texts.

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Props */

/**
 * Creates an element. Functions named `on...` become listeners, everything else attributes. True
 * makes an attribute without a value; false, null and undefined make none.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else setAttribute(element, name, value);
  }
  fill(element, ...children);
  return element;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/**
 * Replaces the children of an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  const real = /** @type {(Node | string)[]} */ (children.filter((child) => child || child === ""));
  element.replaceChildren(...real);
}

/**
 * Sets a text only if it differs, so that selections and screen readers are not disturbed.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const PATHS = {
  phone:
    "M6.6 3.5 9 4l1.2 3.6-1.8 1.5a11 11 0 0 0 4.5 4.5l1.5-1.8L18 13l.5 2.4a1.8 1.8 0 0 1-1.8 2.1A13.2 13.2 0 0 1 4.5 5.3a1.8 1.8 0 0 1 2.1-1.8z",
  dialed: "M4 18 18 4M9 4h9v9",
  ringing: "M6 16V10a5 5 0 0 1 10 0v6l1.5 2h-13zM9.5 20.5h3",
  connected:
    "M5.6 4.5 8 5l1.1 3.3-1.7 1.4a10 10 0 0 0 4 4l1.4-1.7L16 13l.5 2.3a1.7 1.7 0 0 1-1.7 2A12 12 0 0 1 4 6.2a1.7 1.7 0 0 1 1.6-1.7zM13.5 4.5a4.6 4.6 0 0 1 4 4M13 8a1.6 1.6 0 0 1 1.2 1.2",
  ended: "M4.5 11.5 9 16 18 6.5",
  missed: "M5 5l12 12M17 5 5 17",
  elsewhere: "M4 7h11l-3.5-3.5M18 15H7l3.5 3.5",
  inbound: "M17.5 4.5 5 17M5 8v9h9",
  outbound: "M4.5 17.5 17 5M8 5h9v9",
  comment: "M4 5h14v10h-7l-4 3.5V15H4z",
  close: "M5.5 5.5l11 11M16.5 5.5l-11 11",
  bell: "M6 16V10a5 5 0 0 1 10 0v6l1.5 2h-13zM9.5 20.5h3",
  restore: "M5 8h8a4.5 4.5 0 0 1 0 9H8M5 8l3.5-3.5M5 8l3.5 3.5",
  chevron: "M7 9l4 4 4-4",
  plus: "M11 4.5v13M4.5 11h13",
  copy: "M8 8V4.5h9.5V14H14M4.5 8H14v9.5H4.5z",
};

/**
 * A decorative line icon; the word next to it carries the meaning.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 22 22");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? "");
  svg.append(path);
  return svg;
}

/**
 * Returns the address if it is http, https or a path of this host, else null.
 * @param {string} url
 */
export function safeUrl(url) {
  try {
    const parsed = url.startsWith("/") ? new URL(url, location.origin) : new URL(url);
    if (url.startsWith("/") && parsed.origin !== location.origin) return null;
    return parsed.protocol === "http:" || parsed.protocol === "https:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/**
 * A labelled form field.
 * @param {string} label
 * @param {HTMLElement} control
 */
export function field(label, control) {
  return h("label", { class: "field" }, h("span", { class: "field-label" }, label), control);
}
