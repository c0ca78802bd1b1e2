// The title of the document: the view that is open, and before it what happens in it.

import { t } from "../i18n/messages";

let view = "";
let news = "";
let count = 0;

/** Names the view that is open; an empty text leaves the product's name alone. */
export function titleView(text: string) {
  view = text;
  show();
}

/** Shows news before the view's name, such as a caller; an empty text takes them away. */
export function titleNews(text: string) {
  news = text;
  show();
}

/** Shows a number in front of the view's name while there is no news; zero takes it away. */
export function titleCount(number: number) {
  count = number;
  show();
}

function show() {
  const title = [news, view, t("product")].filter(Boolean).join(" – ");
  document.title = count > 0 && news === "" ? `(${count}) ${title}` : title;
}
