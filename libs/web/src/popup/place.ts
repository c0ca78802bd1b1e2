// Chooses where on the screen the popups are, so that they never cover what has the focus.

export const CORNERS = ["bottom-right", "bottom-left", "top-left", "top-right"] as const;
export type Corner = (typeof CORNERS)[number];

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where the popups are, and whether only their bar is shown. */
export interface Place {
  corner: Corner;
  folded: boolean;
}

/** The distance of the popups from the edges of the window, in pixels; see popup.css. */
const MARGIN = 20;
/** The height of the bar alone. */
const BAR = 46;

export function boxAt(corner: Corner, { width, height }: Size, view: Size): Box {
  const left = corner.endsWith("left") ? MARGIN : view.width - MARGIN - width;
  const top = corner.startsWith("top") ? MARGIN : view.height - MARGIN - height;
  return { left, top, right: left + width, bottom: top + height };
}

export function overlap(one: Box, other: Box) {
  const across = one.left < other.right && other.left < one.right;
  return across && one.top < other.bottom && other.top < one.bottom;
}

/**
 * The corner that the user chose, unless the popups would cover the focus there: then the next
 * corner where they do not, beginning with the other side, and else their bar alone.
 */
export function placeFor(chosen: Corner, size: Size, view: Size, focus: Box | null): Place {
  if (focus === null) return { corner: chosen, folded: false };
  const [vertical, side] = chosen.split("-");
  const otherSide = side === "left" ? "right" : "left";
  const otherEnd = vertical === "top" ? "bottom" : "top";
  const corners = [
    chosen,
    `${vertical}-${otherSide}`,
    `${otherEnd}-${side}`,
    `${otherEnd}-${otherSide}`,
  ] as Corner[];
  const isFree = (corner: Corner, size: Size) => !overlap(boxAt(corner, size, view), focus);
  const free = corners.find((corner) => isFree(corner, size));
  if (free) return { corner: free, folded: false };
  const bar = { ...size, height: BAR };
  return { corner: corners.find((corner) => isFree(corner, bar)) ?? chosen, folded: true };
}

/** The corner that is nearest to a point. */
export function nearest(x: number, y: number, view: Size): Corner {
  const side = x < view.width / 2 ? "left" : "right";
  return y < view.height / 2 ? `top-${side}` : `bottom-${side}`;
}

/** The corner to which an arrow key moves the popups; null if the key is none. */
export function moved(corner: Corner, key: string): Corner | null {
  const [vertical, side] = corner.split("-");
  if (key === "ArrowLeft" || key === "ArrowRight")
    return `${vertical}-${key === "ArrowLeft" ? "left" : "right"}` as Corner;
  if (key === "ArrowUp" || key === "ArrowDown")
    return `${key === "ArrowUp" ? "top" : "bottom"}-${side}` as Corner;
  return null;
}
