// The requests of sources that are read by schedule, and a source as its form has it.

import type { ColumnMapping, ImportPreview, ImportRun, Source, SourceInput } from "../api/matcher";
import type { Context } from "../calls/context";
import { ApiError } from "../core/request";
import type { Page } from "../core/types";
import { fieldText } from "../i18n/problems";
import { reason } from "../i18n/reason";

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

/** The filter of a directory at first, as the service has it. */
export const PEOPLE =
  "(|(objectClass=person)(objectClass=organizationalPerson)(objectClass=inetOrgPerson))";

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
  partner_module: "",
  base: "",
  filter: PEOPLE,
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

/** The request with these values. A secret that nobody typed is left out, so the stored one stays. */
export function orderOf(values: Values): SourceInput {
  const { name, kind, address, items, paging, mapping, complete, active, credentials } = values;
  const isCounted = paging === "page" || paging === "offset";
  const minutes = Number(values.schedule);
  return {
    ...{ name: name.trim(), kind, address: address.trim(), items: items.trim(), paging },
    ...{ mapping, complete, active, credentials },
    next_path: paging === "next" ? values.next_path.trim() : "",
    parameter: isCounted ? values.parameter.trim() : "",
    credentials_name: hasName(values) ? values.credentials_name.trim() : "",
    secret: credentials === "none" || values.secret === "" ? null : values.secret,
    schedule: {
      every_minutes: minutes > 0 ? minutes : null,
      at: values.schedule === "at" ? values.at : null,
    },
  };
}

export function hasName({ credentials }: Pick<Values, "credentials">) {
  return credentials === "basic" || credentials === "header";
}

/** Why a source could not be tested or kept. The sentences of its fields stand for themselves. */
export function whyNot(error: unknown) {
  const errors = error instanceof ApiError && error.status === 422 ? error.problem.errors : null;
  return errors?.length ? errors.map(fieldText).join(" ") : reason(error);
}

export class SourceApi {
  constructor(readonly api: Context["api"]) {}

  list(): Promise<Page<Source>> {
    return this.api.ask("GET /api/directory/sources");
  }

  /** The records of the first page; `id` is that of the stored source, if there is one. */
  test(id: string, body: SourceInput): Promise<ImportPreview> {
    const path = { source: id };
    if (id === "") return this.api.ask("POST /api/directory/sources/test", { body });
    return this.api.ask("POST /api/directory/sources/{source}/test", { path, body });
  }

  save(id: string, body: SourceInput): Promise<Source> {
    const path = { source: id };
    if (id === "") return this.api.ask("POST /api/directory/sources", { body });
    return this.api.ask("PUT /api/directory/sources/{source}", { path, body });
  }

  remove(source: string) {
    return this.api.ask("DELETE /api/directory/sources/{source}", { path: { source } });
  }

  run(source: string): Promise<ImportRun> {
    return this.api.ask("POST /api/directory/sources/{source}/run", { path: { source } });
  }

  latest(run: string): Promise<ImportRun> {
    const query = { problems: 0 };
    return this.api.ask("GET /api/directory/imports/{run}", { path: { run }, query });
  }
}
