import { expect, test } from "vitest";
import { boxAt, moved, nearest, overlap, placeFor } from "../src/popup/place";

const VIEW = { width: 1280, height: 800 };
const SIZE = { width: 400, height: 500 };
const box = (left: number, top: number, width = 100, height = 30) => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});

test("popups stay in their corner while they cover nothing that has the focus", () => {
  expect(placeFor("bottom-right", SIZE, VIEW, null)).toEqual({
    corner: "bottom-right",
    folded: false,
  });
  expect(placeFor("bottom-right", SIZE, VIEW, box(100, 400)).corner).toBe("bottom-right");
});

test("popups give way to the other side", () => {
  expect(placeFor("bottom-right", SIZE, VIEW, box(1000, 600)).corner).toBe("bottom-left");
  expect(placeFor("top-left", SIZE, VIEW, box(30, 30)).corner).toBe("top-right");
});

test("popups give way upwards if both sides would be covered", () => {
  const wide = box(0, 700, 1280, 60);
  expect(placeFor("bottom-right", SIZE, VIEW, wide)).toEqual({
    corner: "top-right",
    folded: false,
  });
});

test("popups that find no free corner fold to their bar", () => {
  const narrow = { width: 320, height: 640 };
  const place = placeFor(
    "bottom-right",
    { width: 296, height: 480 },
    narrow,
    box(20, 300, 280, 60),
  );
  expect(place).toEqual({ corner: "bottom-right", folded: true });
});

test.each(["bottom-right", "bottom-left", "top-left", "top-right"] as const)(
  "wherever the focus is, popups that began at %s do not cover it",
  (chosen) => {
    for (let left = 0; left <= 1180; left += 59)
      for (let top = 0; top <= 770; top += 55) {
        const { corner, folded } = placeFor(chosen, SIZE, VIEW, box(left, top));
        const size = folded ? { ...SIZE, height: 46 } : SIZE;
        expect(overlap(boxAt(corner, size, VIEW), box(left, top))).toBe(false);
      }
  },
);

test("a dragged popup goes to the nearest corner", () => {
  const corners = [nearest(10, 10, VIEW), nearest(1270, 10, VIEW), nearest(700, 790, VIEW)];
  expect(corners).toEqual(["top-left", "top-right", "bottom-right"]);
});

test("arrow keys move popups from corner to corner", () => {
  const to = (key: string) => moved("bottom-right", key);
  expect([to("ArrowLeft"), to("ArrowUp"), to("ArrowDown"), to("a")]).toEqual([
    "bottom-left",
    "top-right",
    "bottom-right",
    null,
  ]);
});
