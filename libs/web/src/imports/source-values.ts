// A source as its form has it, and the fields that each kind of source reads.

import type { ColumnMapping, Source, SourceInput } from "../api/matcher";

export type Kind = Source["kind"];
export type Credentials = Source["credentials"];

interface Fields {
  credentials: readonly Credentials[];
  /** Whether an administrator assigns the fields of its records. */
  mapped: boolean;
  /** Whether a source of this kind may answer with a part of its records only. */
  partial: boolean;
  /** Where its addresses begin. */
  scheme: string;
}

/** The kinds of sources in the order of the form. */
export const KINDS: Record<Kind, Fields> = {
  json: {
    credentials: ["none", "basic", "bearer", "header"],
    mapped: true,
    partial: true,
    scheme: "https://",
  },
  carddav: {
    credentials: ["basic", "bearer", "none"],
    mapped: false,
    partial: false,
    scheme: "https://",
  },
  vtiger: { credentials: ["basic"], mapped: false, partial: true, scheme: "https://" },
  ldap: { credentials: ["basic", "none"], mapped: true, partial: true, scheme: "ldaps://" },
};

export const NO_MAPPING: ColumnMapping = {
  name: [],
  numbers: [],
  organization: "",
  emails: [],
  address: [],
  note: [],
  url: "",
  tags: [],
  owner: "",
  team: "",
  inactive: "",
  type: "",
  host_id: "",
  record_type: "contact",
};

/** The intervals to choose from, in minutes; a time of the day is `at`, and none is by hand. */
export const INTERVALS = ["", "15", "60", "360", "at"] as const;

/** A source as its form has it: everything is a text, also the schedule. */
export interface Values extends Omit<Source, "schedule" | "id" | "next_at" | "last_run"> {
  schedule: string;
  at: string;
  secret: string;
}

export const NEW: Values = {
  name: "",
  kind: "json",
  address: "https://",
  items: "",
  paging: "none",
  next_path: "",
  parameter: "",
  base: "",
  filter: "",
  partner_module: "",
  credentials: "none",
  credentials_name: "",
  mapping: NO_MAPPING,
  complete: true,
  active: true,
  has_secret: false,
  changed_by: "",
  changed_at: "",
  schedule: "at",
  at: "02:30",
  secret: "",
};

/** The values of a source that is changed. */
export function valuesOf(source: Source): Values {
  const { schedule, ...same } = source;
  const minutes = schedule.every_minutes ? String(schedule.every_minutes) : "";
  return {
    ...NEW,
    ...same,
    schedule: schedule.at ? "at" : minutes,
    at: schedule.at ?? NEW.at,
  };
}

/** The values with another kind, as far as it has them. A secret is not sent to another server. */
export function withKind(values: Values, kind: Kind): Values {
  const { credentials, scheme } = KINDS[kind];
  const isTyped = !Object.values(KINDS).some((each) => each.scheme === values.address.trim());
  return {
    ...values,
    kind,
    address: isTyped ? values.address : scheme,
    credentials: credentials.includes(values.credentials)
      ? values.credentials
      : (credentials[0] ?? "none"),
    mapping: NO_MAPPING,
    secret: "",
  };
}

/** The request with these values. A secret that nobody typed is left out, so the stored one stays. */
export function orderOf(values: Values): SourceInput {
  const { kind, active, credentials } = values;
  const minutes = Number(values.schedule);
  return {
    ...{ name: values.name.trim(), kind, address: values.address.trim(), active, credentials },
    ...ofKind(values),
    ...(KINDS[kind].partial ? { complete: values.complete } : {}),
    ...(KINDS[kind].mapped ? { mapping: values.mapping } : {}),
    credentials_name: hasName(values) ? values.credentials_name.trim() : "",
    secret: credentials === "none" || values.secret === "" ? null : values.secret,
    schedule: {
      every_minutes: minutes > 0 ? minutes : null,
      at: values.schedule === "at" ? values.at : null,
    },
  };
}

/** The fields that only sources of the kind have. */
function ofKind(values: Values): Partial<SourceInput> {
  const { kind, paging } = values;
  const isCounted = paging === "page" || paging === "offset";
  const filter = values.filter.trim();
  switch (kind) {
    case "json":
      return {
        items: values.items.trim(),
        paging,
        next_path: paging === "next" ? values.next_path.trim() : "",
        parameter: isCounted ? values.parameter.trim() : "",
      };
    case "ldap":
      return { base: values.base.trim(), ...(filter ? { filter } : {}) };
    case "vtiger":
      return { partner_module: values.partner_module.trim() };
    default:
      return {};
  }
}

export function hasName({ credentials }: Pick<Values, "credentials">) {
  return credentials === "basic" || credentials === "header";
}
