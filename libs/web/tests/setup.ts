// Gives each test the German words, an empty storage and the start address.

import { beforeEach } from "vitest";
import { load, setLanguage } from "../src/i18n/messages";

beforeEach(async () => {
  localStorage.clear();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
  await load("page");
  await setLanguage("de");
});
