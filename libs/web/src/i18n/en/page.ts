// The English words of everybody's views. `{x}` is filled in by messages.ts.

import { words as calls } from "./calls";
import { words as forms } from "./forms";
import { words as popup } from "./popup";
import { sentences as answers } from "./problems/answers";
import { sentences as fields } from "./problems/fields";
import { words as shell } from "./shell";

export const sentences = { ...answers, ...fields };

export const words = { ...calls, ...forms, ...popup, ...shell };
