// The top of the page: navigation, connection, account.

import logo from "../../assets/logo.svg";
import { address, type PlaceName } from "../core/place";
import type { User } from "../core/types";
import { h, setAttribute } from "../dom/dom";
import { t } from "../i18n/messages";
import { type Area, areasOf } from "./places";

export interface HeaderOptions {
  user: User;
  connection: Node;
  switches: Node;
  languages: Node;
  /** The counter of missed calls. */
  missed: Node;
  signOut: () => void;
}

export function header(options: HeaderOptions) {
  const { user, connection, switches, languages, missed, signOut } = options;
  const areas = areasOf(user).map((area) => ({ area, tab: areaTab(area), row: viewRow(area) }));
  areas.find(({ area }) => area.key === "nav.calls")?.tab.append(missed);
  const rows = areas.flatMap(({ row }) => (row === null ? [] : [row.element]));
  const element = h(
    "header",
    { class: "top" },
    h(
      "div",
      { class: "brand" },
      h("img", { class: "logo", src: logo, alt: "", width: 32, height: 32 }),
      h("h1", {}, t("product")),
    ),
    h("nav", { class: "tabs", "aria-label": t("nav.label") }, ...areas.map(({ tab }) => tab)),
    connection,
    h("div", { class: "user" }, switches, account(user), languages, signOutButton(signOut)),
    ...rows,
  );
  function mark(open: PlaceName) {
    for (const { area, tab, row } of areas) {
      const isOpen = area.views.some(([name]) => name === open);
      const current = area.views.length > 1 ? "true" : "page";
      setAttribute(tab, "aria-current", isOpen ? current : null);
      row?.mark(open, isOpen);
    }
  }
  return { element, mark };
}

function areaTab({ key, views }: Area) {
  const [name] = views[0] ?? ["calls"];
  const testid = views.length > 1 ? key.replace(".", "-") : `nav-${name}`;
  return h("a", { class: "tab", href: address(name), "data-testid": testid }, t(key));
}

/** The tabs of the views of an area; an area with one view needs none: null. */
function viewRow({ key, views }: Area) {
  if (views.length < 2) return null;
  const tabs = views.map(([name, key]) =>
    h("a", { class: "tab", href: address(name), "data-testid": `nav-${name}` }, t(key)),
  );
  const element = h("nav", { class: "tabs views", "aria-label": t(key), hidden: true }, ...tabs);
  function mark(open: PlaceName, isOpen: boolean) {
    element.hidden = !isOpen;
    views.forEach(([name], i) => {
      const tab = tabs[i];
      if (tab) setAttribute(tab, "aria-current", name === open ? "page" : null);
    });
  }
  return { element, mark };
}

function account({ name, login, extensions }: User) {
  const lines = extensions.length ? t("extension", { extension: extensions.join(", ") }) : "";
  return h(
    "a",
    { class: "user-id", href: address("me"), title: t("account.title"), "data-testid": "me" },
    h("span", { class: "user-name" }, name || login),
    h("span", { class: "meta" }, lines),
  );
}

function signOutButton(onclick: () => void) {
  const props = { type: "button", class: "button quiet", "data-testid": "signout", onclick };
  return h("button", props, t("signout"));
}
