// The views that need no sign-in: accepting an invitation, and the first start.

import { invitationToken } from "../core/place";
import type { Session } from "../core/session";
import type { View } from "../core/view";
import { LazyView } from "../pages/lazy-view";

export interface StrangerOptions {
  session: Session;
  languages: Node;
}

/** Whether the address names a view that is shown to everybody, signed in or not. */
export function isForStrangers() {
  return invitationToken() !== null || isSetup();
}

function isSetup() {
  return location.pathname === "/setup";
}

/** The view of the address, or null if it is one for signed-in users. */
export function strangersView(options: StrangerOptions): View | null {
  if (isSetup()) {
    return new LazyView(async () => {
      const { SetupPage } = await import("./setup");
      return () => new SetupPage(options);
    });
  }
  const token = invitationToken();
  if (token === null) return null;
  return new LazyView(async () => {
    const { AcceptPage } = await import("../people/accept");
    return () => new AcceptPage(options, token);
  });
}
