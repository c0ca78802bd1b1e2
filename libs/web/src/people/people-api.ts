// The requests about the people of a company.

import type { ListedUser, UserChanges, UserInput } from "../api/notifier";
import type { Api } from "../core/client";

export class PeopleApi {
  constructor(readonly api: Api) {}

  async all() {
    return (await this.api.ask("GET /api/users")).items;
  }

  add(body: UserInput) {
    return this.api.ask("POST /api/users", { body });
  }

  change(user: string, body: UserChanges) {
    return this.api.ask("PATCH /api/users/{user}", { path: { user }, body });
  }

  remove(user: string) {
    return this.api.ask("DELETE /api/users/{user}", { path: { user } });
  }

  /** Makes a link with which the person sets a password; an earlier link ends. */
  invite(user: string) {
    return this.api.ask("POST /api/users/{user}/invitation", { path: { user } });
  }

  endSessions(user: string) {
    return this.api.ask("DELETE /api/users/{user}/sessions", { path: { user } });
  }

  removeFactor(user: string) {
    return this.api.ask("DELETE /api/users/{user}/second-factor", { path: { user } });
  }
}

/** The teams that people of the company belong to, in the order of the alphabet. */
export function teamsOf(people: readonly ListedUser[]) {
  const order = new Intl.Collator().compare;
  return [...new Set(people.flatMap(({ teams }) => teams))].sort(order);
}
