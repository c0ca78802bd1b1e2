// The types of the API under the names that the page uses. They are generated, see api/.

import type { AuditOutput, CallList } from "../api/calllog";
import type { CallJson, EventJson, HitJson, RemoteNumber, RequestJson } from "../api/frames";
import type { DeviceOutput, DialLink, TenantOutput, TenantSummary } from "../api/ingest";
import type * as janitor from "../api/janitor";
import type * as matcher from "../api/matcher";
import type { SessionOutput, UserOutput, Problem as WholeProblem } from "../api/notifier";

export type { TimelineEntry } from "../api/calllog";
export type {
  CallUser,
  Comment,
  Leg,
  Match,
  ServerFrame as Frame,
  TrashFrame,
} from "../api/frames";
export type {
  DeviceChanges,
  DeviceUrls,
  DialLink,
  ListedDevice,
  NumberProfile,
  Pasted,
  Preset,
  Text,
  Trial,
  Tried,
} from "../api/ingest";
export type { FieldProblem, ListedUser, OwnSession } from "../api/notifier";

export type Call = CallJson;
export type Remote = RemoteNumber;
export type Phase = Call["phase"];
export type Result = NonNullable<Call["result"]>;
export type Direction = Call["direction"];

export type Hit = HitJson;
export type HitEvent = EventJson;
export type HitRequest = RequestJson;
export type Device = DeviceOutput;
export type Spelling = DialLink["spelling"];
export type Tenant = TenantOutput;
export type TenantState = TenantOutput["state"];
export type ListedTenant = TenantSummary;

export type User = UserOutput;
export type Role = User["role"];
export type SessionAnswer = SessionOutput;
export type AuditEntry = AuditOutput;
export type DeadLetter = janitor.DeadLetter;
export type DirectoryRecord = matcher.Record;
/** A record with what its numbers suggest. */
export type RecordDetails = matcher.RecordDetails;
export type DirectoryNumber = matcher.RecordNumber;

/** The answer to a request that failed; a proxy may send any part of it, or nothing. */
export type Problem = Partial<WholeProblem>;

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** A page of calls; the first one says how many there are, each one how long a comment may be. */
export type CallPage = Page<Call> & Partial<Omit<CallList, keyof Page<Call>>>;
