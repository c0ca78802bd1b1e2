import { expect, test } from "vitest";
import { chooseTheme, showTheme, theme } from "../src/account/theme";
import { forgetUser, remember, rememberSignIn, signedIn } from "../src/core/storage";

const ANNA = "0a-anna";
const BERND = "0b-bernd";
const kept = () =>
  Object.keys(localStorage)
    .map((key) => key.replace("softphone.", ""))
    .sort();

function annaWorks() {
  for (const key of ["language", "theme", "tenant", "login"]) remember(key, "x");
  rememberSignIn("s1", ANNA);
  remember(`draft.demo.${ANNA}.call`, "{}");
  remember(`closed.${ANNA}`, "[]");
  sessionStorage.setItem("softphone.tab", "x");
}

test("the end of a session leaves only what says nothing of its user", () => {
  annaWorks();
  forgetUser("s1", ANNA);
  expect(kept()).toEqual(["language", "login", "tenant", "theme"]);
  expect(sessionStorage.length).toBe(0);
});

test("the end of a session leaves the sign-in and the drafts of another user", () => {
  rememberSignIn("s2", BERND);
  remember(`draft.demo.${BERND}.call`, "{}");
  forgetUser("s1", ANNA);
  expect([...signedIn()]).toEqual([["s2", BERND]]);
  expect(kept()).toContain(`draft.demo.${BERND}.call`);
});

test("the next user gets nothing of the one before", () => {
  annaWorks();
  rememberSignIn("s2", BERND);
  expect([...signedIn()]).toEqual([["s2", BERND]]);
  expect(kept()).toEqual(["language", "login", "signed-in.s2", "tenant", "theme"]);
});

test("the same user keeps drafts and closed popups in the next session", () => {
  annaWorks();
  rememberSignIn("s2", ANNA);
  expect(kept()).toContain(`draft.demo.${ANNA}.call`);
  expect(kept()).toContain(`closed.${ANNA}`);
});

test("a theme that was chosen is on the root until the system decides again", () => {
  const { dataset } = document.documentElement;
  chooseTheme("dark");
  expect([theme(), dataset.theme]).toEqual(["dark", "dark"]);
  chooseTheme("system");
  expect([theme(), dataset.theme]).toEqual(["system", undefined]);
  remember("theme", "of-tomorrow");
  showTheme();
  expect(dataset.theme).toBeUndefined();
});
