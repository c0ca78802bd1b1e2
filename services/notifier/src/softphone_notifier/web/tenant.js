// The settings of the company: number profile, dial link, activation.
/** @import { Tenant } from "./device-types.js" */
/** @import { Context, View } from "./types.js" */

import { reason } from "./api.js";
import { DeviceApi } from "./device-api.js";
import { dialFields, dialOf } from "./dial-link.js";
import { fill, h } from "./dom.js";
import { FieldError, Form } from "./form.js";
import { language, t } from "./messages.js";
import { NumberFields } from "./numbers.js";

const STATE_PILLS = {
  active: "accepted",
  "no-code": "refused",
  expired: "refused",
  "switched-off": "refused",
};

/** @implements {View} */
export class TenantPage {
  element = h(
    "div",
    { class: "stack", "data-testid": "tenant-page" },
    h("p", { class: "empty", role: "status" }, t("loading")),
  );

  /** @param {Context} context */
  constructor(context) {
    this.api = new DeviceApi(context.api);
    void this.#read();
  }

  async #read() {
    try {
      const tenant = await this.api.tenant();
      fill(
        this.element,
        panel("numbers-title", t("tenant.numbers"), t("tenant.numbersLead"), this.#numbers(tenant)),
        panel("dial-title", t("tenant.dial"), t("tenant.dialLead"), this.#dial(tenant)),
        this.#activation(tenant),
      );
    } catch (error) {
      fill(this.element, h("p", { class: "empty bad", role: "alert" }, reason(error)));
    }
  }

  /** @param {Tenant} tenant */
  #numbers(tenant) {
    const numbers = new NumberFields(tenant.numbers, null);
    const form = new Form(t("form.save"), async () => {
      await this.api.changeTenant({ numbers: /** @type {Tenant["numbers"]} */ (numbers.value()) });
      return t("form.saved");
    });
    return form.fill(...numbers.fields(form));
  }

  /** @param {Tenant} tenant */
  #dial(tenant) {
    const { link, spelling } = dialFields({
      link: tenant.dial_link,
      spelling: tenant.dial_spelling,
    });
    const form = new Form(t("form.save"), async () => {
      const dial = dialOf(link, spelling);
      if (dial === null) throw new FieldError("dial_link", t("form.missing"));
      await this.api.changeTenant({ dial_link: dial.link, dial_spelling: dial.spelling });
      return t("form.saved");
    });
    return form.fill(
      form.field("dial_link", t("dialLink.link"), link, t("dialLink.hint")),
      form.field("dial_spelling", t("dialLink.spelling"), spelling),
    );
  }

  /** @param {Tenant} tenant */
  #activation(tenant) {
    const state = h(
      "div",
      { class: "activation-state", "data-testid": "activation-state" },
      ...activation(tenant),
    );
    const code = h("textarea", {
      class: "code",
      rows: 4,
      spellcheck: "false",
      autocomplete: "off",
    });
    const form = new Form(t("activation.enter"), async () => {
      const given = code.value.replace(/\s/g, "");
      if (!given) throw new FieldError("code", t("form.missing"));
      fill(state, ...activation(await this.api.activate(given)));
      code.value = "";
      return t("activation.done");
    });
    form.fill(form.field("code", t("activation.code"), code, t("activation.hint")));
    const body = h("div", { class: "stack" }, state, form.element);
    return panel("activation-title", t("activation.title"), t("activation.lead"), body);
  }
}

/** @param {Tenant} tenant */
function activation({ state, activation: held }) {
  const pill = h(
    "span",
    { class: `pill pill-${STATE_PILLS[state]} pill-plain` },
    t(`activation.${state}`),
  );
  if (held === null) return [pill];
  const day = new Date(held.expires_at).toLocaleDateString(language(), { dateStyle: "long" });
  return [
    pill,
    h("span", {}, t("activation.seats", { n: held.seats })),
    h("span", {}, t("activation.expires", { day })),
  ];
}

/** @param {string} id @param {string} title @param {string} lead @param {Node} body */
function panel(id, title, lead, body) {
  return h(
    "section",
    { class: "panel", "aria-labelledby": id },
    h(
      "header",
      { class: "panel-head" },
      h("div", {}, h("h2", { id }, title), h("p", { class: "meta" }, lead)),
    ),
    h("div", { class: "panel-body" }, body),
  );
}
