// The English words of the views that are loaded when they are opened.

import { words as company } from "./company";
import { words as directory } from "./directory";
import { words as operations } from "./operations";
import { words as people } from "./people";
import { words as phones } from "./phones";

export { sentences } from "./problems/sources";

export const words = { ...company, ...directory, ...operations, ...people, ...phones };
