// Calls as the server sends them. Numbers are of the ranges that are reserved for fiction.

import type {
  Call,
  Comment,
  DirectoryNumber,
  DirectoryRecord,
  Leg,
  Match,
} from "../src/core/types";

export const MORNING = "2026-03-02T08:00:00.000Z";

/** A time some seconds after the morning. */
export function later(seconds: number) {
  return new Date(Date.parse(MORNING) + seconds * 1000).toISOString();
}

export function legOf(changes: Partial<Leg> = {}): Leg {
  return {
    extension: "21",
    phase: "ringing",
    answered: false,
    dialed_at: null,
    rung_at: MORNING,
    connected_at: null,
    ended_at: null,
    transferred: false,
    device: "desk",
    reopened_at: null,
    ...changes,
  };
}

export function callOf(changes: Partial<Call> = {}): Call {
  return {
    id: "a",
    phase: "ringing",
    outcome: null,
    direction: "inbound",
    extension: "21",
    answered_by: null,
    remote: {
      raw: "08999998001",
      e164: "+498999998001",
      kind: "external",
      display: "+49 89 99998001",
      ext: "",
    },
    name: "",
    called: null,
    called_name: "",
    reason: "",
    identity: "phone",
    external_ids: [],
    matches: [],
    matched: false,
    legs: [legOf()],
    further_legs: 0,
    dialed_at: null,
    rung_at: MORNING,
    connected_at: null,
    ended_at: null,
    started_at: MORNING,
    ring_seconds: null,
    talk_seconds: null,
    result: null,
    users: [],
    comments: [],
    comments_count: null,
    deleted_at: null,
    deleted_by: null,
    ...changes,
  };
}

export function commentOf(id: string, at = MORNING): Comment {
  return {
    id,
    call: "a",
    text: `comment ${id}`,
    author: "anna",
    author_name: "Anna Albrecht",
    at,
    record: null,
    edited_at: null,
    edited_by: null,
    deleted_at: null,
    deleted_by: null,
  };
}

export function matchOf(name: string): Match {
  return {
    record: name,
    type: "contact",
    name,
    level: "exact",
    reason: "",
    url: "",
    organization: "",
    host_id: "",
    basis: "number",
    email: "",
    note: "",
    tags: [],
    visible_to: "everyone",
    owner: "",
    team: "",
    picks: 0,
    picked_by: [],
  };
}

export function numberOf(changes: Partial<DirectoryNumber> = {}): DirectoryNumber {
  const e164 = "+498999998001";
  const read = { e164, ext: "", keys: [e164], ranges: [], why: null };
  return { number: "089 99998001", label: "", extension_digits: 0, ...read, ...changes };
}

export function recordOf(changes: Partial<DirectoryRecord> = {}): DirectoryRecord {
  return {
    id: "r1",
    type: "contact",
    name: "Huber, Maria",
    organization: "",
    organization_record: "",
    numbers: [numberOf()],
    emails: [],
    address: "",
    owner: "",
    team: "",
    visible_to: "everyone",
    note: "",
    url: "",
    source: "",
    host_id: "",
    tags: [],
    inactive: false,
    dismissed_ranges: [],
    proposed_ranges: [],
    version: 1,
    changed_at: MORNING,
    changed_by: "",
    deleted_at: null,
    deleted_by: null,
    ...changes,
  } as DirectoryRecord;
}

/** The states of one call from its ring to its end, each with all evidence of those before. */
export function statesOfOneCall(): Call[] {
  const answered = { connected_at: later(5), answered: true, phase: "connected" } as const;
  return [
    callOf(),
    callOf({ phase: "connected", connected_at: later(5), legs: [legOf(answered)] }),
    callOf({
      phase: "ended",
      outcome: "answered",
      connected_at: later(5),
      ended_at: later(65),
      talk_seconds: 60,
      legs: [legOf({ ...answered, phase: "ended", ended_at: later(65) })],
    }),
  ];
}
