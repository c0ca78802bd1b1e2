// Asks for the permission to show notifications on the desktop.

import type { SwitchContext } from "../alerts/switches";
import { h } from "../dom/dom";
import { icon } from "../dom/icon";
import { t } from "../i18n/messages";
import { reason } from "../i18n/reason";

/**
 * A button, since browsers let a page ask only after a click; null once the user has notifications,
 * or has refused them to this browser. On a page without TLS nobody can be asked, which the user would
 * not notice.
 */
export function askToNotify({ api, preferences, say }: SwitchContext) {
  if (!window.isSecureContext) return h("p", { class: "meta" }, t("notify.insecure"));
  if (!("Notification" in window) || Notification.permission === "denied") return null;
  if (preferences.notifications && Notification.permission === "granted") return null;
  const button = h(
    "button",
    { type: "button", class: "button quiet", "data-testid": "notify" },
    icon("bell"),
    t("notify.ask"),
  );
  button.addEventListener("click", async () => {
    const permission = await Notification.requestPermission();
    button.hidden = permission !== "default";
    if (permission !== "granted" || preferences.notifications) return;
    try {
      await preferences.change(api, { notifications: true });
    } catch (error) {
      button.hidden = false;
      say(reason(error), "bad");
    }
  });
  return button;
}
