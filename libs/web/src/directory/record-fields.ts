// The fields of a record, for a new one and for one that is changed.

import { html } from "lit";
import type { DirectoryNumber, DirectoryRecord, User } from "../core/types";
import { areaField, checkField, choiceField, customField, textField } from "../forms/fields";
import { FieldError } from "../forms/form";
import type { Lines } from "../forms/lines";
import type { Values } from "../forms/values";
import { t } from "../i18n/messages";
import { RECORD_TYPES, typeText } from "./matches";
import type { OrganizationField } from "./organization-field";
import type { RecordApi } from "./record-api";
import { enteredSharing, FOR_EVERYONE, type Sharing, sharingFields } from "./sharing-fields";
import "../forms/lines";
import "./organization-field";

const EMAIL = /^[^@\s]+@[^@\s]+$/;
/** The uses that the browser offers for a number. */
const USES = ["mobile", "office", "private", "fax"] as const;

type Copied =
  | "type"
  | "name"
  | "organization"
  | "organization_record"
  | "emails"
  | "address"
  | "tags"
  | "url"
  | "note"
  | "inactive";
type NumberFields = { number: string; label: string; extension_digits?: number };

/** The part of a record that people enter. */
export type RecordFields = Pick<DirectoryRecord, Copied> & Sharing & { numbers: NumberFields[] };

export const EMPTY: RecordFields = {
  type: "contact",
  name: "",
  organization: "",
  organization_record: "",
  numbers: [],
  emails: [],
  address: "",
  tags: [],
  url: "",
  note: "",
  inactive: false,
  ...FOR_EVERYONE,
};

/** The fields of a record as people enter them, without what the server knows besides. */
export function fieldsOf(record: DirectoryRecord): RecordFields {
  const { type, name, organization, organization_record, emails, address, tags } = record;
  const { url, note, inactive, visible_to, owner, team } = record;
  const numbers = record.numbers.map(numberFields);
  const whose = { type, name, organization, organization_record };
  const sharing = { visible_to, owner, team };
  return { ...whose, numbers, emails, address, tags, url, note, inactive, ...sharing };
}

/** The part of a number that people enter. */
export function numberFields({ number, label, extension_digits }: DirectoryNumber): NumberFields {
  return { number, label, extension_digits };
}

/**
 * The fields of a record. A new one cannot be inactive, and shows its rarer fields when they are wanted.
 * `api` finds organisations.
 */
export function recordFields(
  record: RecordFields,
  api: RecordApi,
  { isNew, user }: { isNew: boolean; user: User },
) {
  const { name, emails, note } = record;
  return html`
    ${textField({ name: "name", label: t("record.name"), value: name, required: true })}
    ${customField(
      { name: "organization", label: t("record.organization") },
      (control) =>
        html`<sc-organization .api=${api} .shown=${record} .control=${control}></sc-organization>`,
    )}
    ${choiceField({
      name: "type",
      label: t("record.type"),
      value: record.type,
      options: RECORD_TYPES.map((each) => [each, typeText(each)] as const),
    })}
    ${numbersField(record.numbers)}
    ${textField({
      name: "emails",
      label: t("record.emails"),
      hint: t("record.several"),
      value: emails.join(", "),
      layout: "wide",
      maxlength: 2000,
      inputmode: "email",
    })}
    ${areaField({ name: "note", label: t("record.note"), value: note, rows: 3 })}
    ${
      isNew
        ? html`<details class="field-wide">
            <summary data-testid="record-more">${t("record.more")}</summary>
            <div class="form-grid record-more">${furtherFields(record, api, user)}</div>
          </details>`
        : html`${furtherFields(record, api, user)}${inactiveField(record.inactive)}`
    }
  `;
}

/** The fields that a caller is rarely asked about. Only administrators change the link. */
function furtherFields(record: RecordFields, api: RecordApi, user: User) {
  const { address, tags, url } = record;
  return html`
    ${textField({
      name: "tags",
      label: t("record.tags"),
      hint: t("record.several"),
      value: tags.join(", "),
      maxlength: 1000,
    })}
    ${
      user.role !== "user"
        ? textField({
            name: "url",
            label: t("record.url"),
            hint: t("record.url.hint"),
            value: url,
            type: "url",
            maxlength: 2000,
          })
        : html`<input type="hidden" name="url" value=${url} />`
    }
    ${areaField({ name: "address", label: t("record.address"), value: address, rows: 3 })}
    ${sharingFields(record, api, user)}
  `;
}

function inactiveField(checked: boolean) {
  const words = { label: t("record.inactive"), hint: t("record.inactive.hint") };
  return checkField({ name: "inactive", ...words, checked });
}

function numbersField(numbers: readonly NumberFields[]) {
  return customField(
    {
      name: "numbers",
      label: t("record.numbers"),
      hint: t("record.digits.hint"),
      layout: "wide",
      structured: true,
    },
    ({ id }) => html`<sc-lines
      id=${id}
      optional
      data-testid="record-numbers"
      .entries=${numbers.map((each) => [each.number, each.label, each.extension_digits] as const)}
      .first=${t("record.number")}
      .second=${t("record.use")}
      .digits=${t("record.digits")}
      .adds=${t("record.numberAdd")}
      .suggestions=${USES.map((use) => t(`record.use.${use}`))}
    ></sc-lines>`,
  );
}

/** Reads the fields. Throws FieldError for an e-mail address that is none. */
export function enteredFields(values: Values, user: User): RecordFields {
  const emails = values.list("emails");
  const wrong = emails.find((email) => !EMAIL.test(email));
  if (wrong) throw new FieldError("emails", t("record.emailInvalid", { email: wrong }));
  const lines = values.form.querySelector("sc-lines") as Lines;
  const organization = values.form.querySelector("sc-organization") as OrganizationField;
  return {
    type: values.of("type") as RecordFields["type"],
    name: values.of("name"),
    ...organization.entered,
    numbers: lines
      .value()
      .map(([number, label, extension_digits]) => ({ number, label, extension_digits })),
    emails,
    address: values.of("address"),
    tags: values.list("tags"),
    url: values.of("url"),
    note: values.of("note"),
    inactive: values.isOn("inactive"),
    ...enteredSharing(values, user),
  };
}
