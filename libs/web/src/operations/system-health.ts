// Decides what is wrong with the installation. It knows no page.

import type { ServiceState, TenantSweeps } from "./system-api";

/** Messages that may wait in a queue without anybody having to care. */
const BACKLOG_MOST = 100;
/** How long the spool may keep a report while all is well. */
const SPOOL_SECONDS = 10;
/** How late a sweep may begin or end. */
const SWEEP_MILLIS = 15 * 60_000;

export type Fault =
  | { kind: "away"; service: string; why: string }
  | { kind: "resource"; service: string; name: string; state: string }
  | { kind: "draining"; service: string }
  | { kind: "backlog"; queue: string; n: number }
  | { kind: "spool"; n: number; seconds: number }
  | { kind: "letters"; n: number }
  | { kind: "versions"; versions: string }
  | { kind: "sweepLate"; tenant: string; at: string }
  | { kind: "sweepOpen"; tenant: string; at: string };

/** Returns everything that is wrong, what stops the work first. */
export function faults(services: ServiceState[], sweeps: TenantSweeps[], now: number): Fault[] {
  return [
    ...services.flatMap(ofService),
    ...versions(services),
    ...sweeps.flatMap((each) => ofSweeps(each, now)),
  ].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

const ORDER: readonly Fault["kind"][] = [
  "away",
  "resource",
  "draining",
  "spool",
  "backlog",
  "letters",
  "sweepLate",
  "sweepOpen",
  "versions",
];

function ofService({ service, output, why }: ServiceState): Fault[] {
  if (output === null) return [{ kind: "away", service, why }];
  const found: Fault[] = output.resources
    .filter(({ state }) => state !== "ok")
    .map(({ name, state }) => ({ kind: "resource", service, name, state }));
  if (output.status === "draining") found.push({ kind: "draining", service });
  for (const { queue, messages } of output.queues ?? []) {
    if (messages > BACKLOG_MOST) found.push({ kind: "backlog", queue, n: messages });
  }
  const { spool_depth: depth, spool_age_seconds: age, dead_letters: letters } = output.figures;
  if (depth && age && age > SPOOL_SECONDS) found.push({ kind: "spool", n: depth, seconds: age });
  if (letters) found.push({ kind: "letters", n: letters });
  return found;
}

/** An update that was stopped half way leaves services of different versions. */
function versions(services: ServiceState[]): Fault[] {
  const known = new Set(services.flatMap(({ output }) => output?.version ?? []));
  return known.size > 1 ? [{ kind: "versions", versions: [...known].sort().join(", ") }] : [];
}

function ofSweeps({ tenant, last, next }: TenantSweeps, now: number): Fault[] {
  const late = (time: string) => now - Date.parse(time) > SWEEP_MILLIS;
  if (next !== null && late(next)) return [{ kind: "sweepLate", tenant, at: next }];
  if (last !== null && last.finished_at === null && late(last.requested_at)) {
    return [{ kind: "sweepOpen", tenant, at: last.requested_at }];
  }
  return [];
}
