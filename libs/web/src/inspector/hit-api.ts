// The requests about the hits of a device.

import type { Api } from "../core/client";
import type { Trial } from "../core/types";

const limit = 50;

export class HitApi {
  constructor(
    readonly api: Api,
    readonly device: string,
  ) {}

  /** The hits, or only the refused ones. */
  list(cursor: string | null, onlyErrors: boolean) {
    const { device } = this;
    return this.api.ask("GET /api/devices/{device}/hits", {
      path: { device },
      query: { limit, cursor, outcome: onlyErrors ? "refused" : null },
    });
  }

  /** The records that match a number, as they would show with its call. */
  async matches(number: string) {
    const found = await this.api.ask("GET /api/directory/matches", { query: { number } });
    return found.matches;
  }

  replay(hit: string) {
    const path = { device: this.device, hit };
    return this.api.ask("POST /api/devices/{device}/hits/{hit}/replay", { path });
  }

  try(trial: Trial) {
    const path = { device: this.device };
    return this.api.ask("POST /api/devices/{device}/try", { path, body: trial });
  }
}
