// The views of a signed-in user, with the role that each needs. Views that few people use are loaded
// when they are opened.

import type { Context } from "../calls/context";
import { IMPORTS, NEW, type PlaceName, placeQuery } from "../core/place";
import type { Role, User } from "../core/types";
import type { View } from "../core/view";
import type { Key } from "../i18n/messages";
import { LazyView, type Loader } from "./lazy-view";
import { PopPage } from "./pop";

/** The roles; each sees the views of the roles before it, and more. */
const RANKS: readonly Role[] = ["user", "admin", "operator"];

/** A tab of the navigation; the views of one with several have tabs of their own below it. */
export interface Area {
  key: Key;
  role: Role;
  views: readonly (readonly [PlaceName, Key])[];
}

const AREAS: readonly Area[] = [
  { key: "nav.calls", role: "user", views: [["calls", "nav.calls"]] },
  { key: "nav.directory", role: "user", views: [["directory", "nav.directory"]] },
  { key: "nav.phones", role: "admin", views: [["phones", "nav.phones"]] },
  { key: "nav.people", role: "admin", views: [["people", "nav.people"]] },
  {
    key: "nav.company",
    role: "admin",
    views: [
      ["settings", "nav.settings"],
      ["api-keys", "nav.apiKeys"],
      ["audit", "nav.audit"],
      ["bin", "nav.bin"],
    ],
  },
  {
    key: "nav.operation",
    role: "operator",
    views: [
      ["system", "nav.system"],
      ["tenants", "nav.tenants"],
      ["dead-letters", "nav.deadLetters"],
    ],
  },
];

/** The areas that this user may open. */
export function areasOf(user: User) {
  const rank = RANKS.indexOf(user.role);
  return AREAS.filter(({ role }) => RANKS.indexOf(role) <= rank);
}

function isAdmin(user: User) {
  return user.role !== "user";
}

export function mayOpen(name: PlaceName, user: User) {
  const isOwn = name === "me" || name === "pop";
  return isOwn || areasOf(user).some(({ views }) => views.some(([known]) => known === name));
}

/** The title of a view, for the tab of the browser. */
export function titleOf(name: PlaceName): Key {
  if (name === "me") return "account.title";
  if (name === "pop") return "nav.pop";
  const views = AREAS.flatMap(({ views }) => views);
  return views.find(([known]) => known === name)?.[1] ?? "nav.calls";
}

/** Opens a view; null for the calls, whose view always exists. */
export function openView(name: PlaceName, id: string | null, context: Context): View | null {
  if (name === "calls") return null;
  if (name === "pop") return new PopPage(context, id ?? "");
  return new LazyView(LOADERS[name](context, id));
}

type LazyName = Exclude<PlaceName, "calls" | "pop">;

const LOADERS: Record<LazyName, (context: Context, id: string | null) => Loader> = {
  directory: (context, id) => async () => {
    if (id === IMPORTS && isAdmin(context.user)) {
      const { ImportsPage } = await import("../imports/imports");
      return () => new ImportsPage(context);
    }
    if (id === null || id === IMPORTS) {
      const { RecordsPage } = await import("../records/records");
      return () => new RecordsPage(context);
    }
    if (id === NEW || placeQuery().has("edit")) {
      const { RecordForm } = await import("../records/edit");
      return () => new RecordForm(context, id === NEW ? null : id);
    }
    if (placeQuery().has("merge")) {
      const { MergePage } = await import("../records/merge");
      return () => new MergePage(context, id);
    }
    const { RecordPage } = await import("../records/record");
    return () => new RecordPage(context, id);
  },
  bin: (context) => async () => {
    const { Bin } = await import("../bin/bin");
    return () => new Bin(context);
  },
  system: (context) => async () => {
    const { SystemPage } = await import("../operations/system");
    return () => new SystemPage(context);
  },
  tenants: (context, id) => async () => {
    if (id === NEW) {
      const { NewTenant } = await import("../operations/new-tenant");
      return () => new NewTenant(context);
    }
    const { TenantList } = await import("../operations/tenants");
    return () => new TenantList(context);
  },
  "dead-letters": (context) => async () => {
    const { DeadLetters } = await import("../operations/dead-letters");
    return () => new DeadLetters(context);
  },
  audit: (context) => async () => {
    const { SecurityLog } = await import("../people/security-log");
    return () => new SecurityLog(context);
  },
  "api-keys": (context) => async () => {
    const { ApiKeysPage } = await import("../api-keys/api-keys");
    return () => new ApiKeysPage(context);
  },
  settings: (context) => async () => {
    const { TenantPage } = await import("../company/tenant");
    return () => new TenantPage(context);
  },
  me: (context) => async () => {
    const { AccountPage } = await import("../account/account");
    return () => new AccountPage(context);
  },
  people: (context, id) => async () => {
    if (id === null) {
      const { PeoplePage } = await import("../people/people");
      return () => new PeoplePage(context);
    }
    const { PersonPage } = await import("../people/person");
    return () => new PersonPage(context, id);
  },
  phones: (context, id) => async () => {
    if (id === null) {
      const { Devices } = await import("../devices/devices");
      return () => new Devices(context);
    }
    if (id === NEW) {
      const { NewDevice } = await import("../devices/new-device");
      return () => new NewDevice(context);
    }
    const { DevicePage } = await import("../devices/device");
    return () => new DevicePage(context, id);
  },
};
