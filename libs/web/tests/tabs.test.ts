import { expect, test, vi } from "vitest";
import { Tabs } from "../src/core/tabs";

test("a tab hears the others and not itself, and nothing once it is stopped", async () => {
  const heard: string[] = [];
  const one = new Tabs<string>("softphone.test", (words) => heard.push(`one: ${words}`));
  const other = new Tabs<string>("softphone.test", (words) => heard.push(`other: ${words}`));
  one.say("first");
  await vi.waitFor(() => expect(heard).toEqual(["other: first"]));
  one.stop();
  expect(() => one.say("late")).not.toThrow();
  const third = new Tabs<string>("softphone.test", (words) => heard.push(`third: ${words}`));
  other.say("second");
  await vi.waitFor(() => expect(heard).toEqual(["other: first", "third: second"]));
  other.stop();
  third.stop();
});
