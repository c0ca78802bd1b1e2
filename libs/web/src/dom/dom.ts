// Creates elements. It takes no markup, so that texts of strangers stay texts.

/** Each event has its own type, which a table of properties cannot tell. */
type Listener = (event: never) => void;

export type Child = Node | string | null | undefined | false;
export type Props = Record<string, string | number | boolean | null | undefined | Listener>;

/**
 * Creates an element. Functions named `on...` become listeners, everything else attributes. True
 * makes an attribute without a value; false, null and undefined make none.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function")
      element.addEventListener(name.slice(2), value as EventListener);
    else setAttribute(element, name, value);
  }
  fill(element, ...children);
  return element;
}

export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean | null | undefined,
) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Replaces the children of an element. */
export function fill(element: Element, ...children: Child[]) {
  const real = children.filter((child) => child || child === "") as (Node | string)[];
  element.replaceChildren(...real);
}

/** Sets a text only if it differs, so that selections and screen readers are not disturbed. */
export function setText(element: Element, text: string) {
  if (element.textContent !== text) element.textContent = text;
}
