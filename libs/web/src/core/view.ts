// The interface of the parts of the page.

import type { Hit } from "./types";

/**
 * One part of the page; `tick` runs about once a second, `stop` before the part is thrown away,
 * `again` after a lost connection, `hit` for each hit of the watched device.
 */
export interface View {
  element: HTMLElement;
  hit?: (hit: Hit) => void;
  again?: () => void;
  tick?: () => void;
  stop?: () => void;
}
