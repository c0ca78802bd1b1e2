// The English words of everybody's views. `{x}` is filled in by messages.ts.

import { words as calls } from "./calls";
import { words as forms } from "./forms";
import { words as popup } from "./popup";
import { words as shell } from "./shell";

export { sentences } from "./problems";

export const words = { ...calls, ...forms, ...popup, ...shell };
