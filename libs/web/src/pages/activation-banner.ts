// Tells administrators on every page that the activation ends soon or is missing.

import type { Api } from "../core/client";
import { isRecent, now } from "../core/clock";
import { address, TENANT_CHANGED } from "../core/place";
import type { Tenant, User } from "../core/types";
import { fill, h } from "../dom/dom";
import { language, t } from "../i18n/messages";

const EARLY_MILLIS = 30 * 86_400_000;

export class ActivationBanner {
  readonly element = h("p", {
    class: "banner",
    role: "status",
    hidden: true,
    "data-testid": "activation-banner",
  });

  /** When the tenant was last asked for, by the page's clock. */
  #begun = Number.NEGATIVE_INFINITY;

  constructor(
    readonly api: Api,
    readonly user: User,
  ) {
    document.addEventListener(TENANT_CHANGED, this.#read);
    void this.#read();
  }

  #read = async () => {
    if (this.user.role !== "admin") return;
    this.#begun = performance.now();
    try {
      this.#show(await this.api.ask("GET /api/tenant"));
    } catch {
      // nothing is known about the activation: the banner stays as it is
    }
  };

  #show(tenant: Tenant) {
    const words = warningOf(tenant);
    this.element.hidden = words === "";
    fill(this.element, words, " ", h("a", { href: address("settings") }, t("activation.newCode")));
  }

  /** Reads again after the connection was lost. */
  again() {
    if (!isRecent(this.#begun)) void this.#read();
  }

  stop() {
    document.removeEventListener(TENANT_CHANGED, this.#read);
  }
}

/** The sentence about the activation, empty while it is valid for a month or more. */
export function warningOf({ state, activation }: Pick<Tenant, "state" | "activation">) {
  if (state === "no-code") return t("activation.missing");
  if (activation === null) return "";
  const ends = new Date(activation.expires_at);
  const day = ends.toLocaleDateString(language(), { dateStyle: "long" });
  if (state === "expired") return t("activation.ended", { day });
  const isSoon = state === "active" && ends.getTime() - now() < EARLY_MILLIS;
  return isSoon ? t("activation.ends", { day }) : "";
}
