// Puts the popups into the corner that the user chose, and out of the way of the focus.

import { recall, remember } from "../core/storage";
import { CORNERS, type Corner, moved, nearest, placeFor } from "./place";

/** Smaller movements of the pointer are a click. */
const CLICK_PIXELS = 6;

/** The corner is kept for everybody who uses this browser; it says nothing about calls. */
export class Seat {
  #corner: Corner;
  readonly #end = new AbortController();
  readonly #observer: ResizeObserver;

  /** `onChange` is called when the user has chosen another corner. */
  constructor(
    readonly element: HTMLElement,
    readonly onChange: () => void,
  ) {
    const stored = recall("corner");
    this.#corner = CORNERS.find((corner) => corner === stored) ?? "bottom-right";
    const { signal } = this.#end;
    // after the browser has scrolled to what has the focus
    const later = () => requestAnimationFrame(() => this.settle());
    for (const type of ["focusin", "scrollend", "resize"])
      window.addEventListener(type, later, { signal });
    this.#observer = new ResizeObserver(later);
    this.#observer.observe(element);
    this.settle();
  }

  get corner() {
    return this.#corner;
  }

  choose(corner: Corner) {
    this.#corner = corner;
    remember("corner", corner);
    this.settle();
    this.onChange();
  }

  /** Moves on to the next corner, clockwise. */
  onClick = () => {
    const at = CORNERS.indexOf(this.#corner);
    this.choose(CORNERS[(at + 1) % CORNERS.length] ?? this.#corner);
  };

  /** Gives way to what has the focus, and comes back when the focus is elsewhere. */
  settle() {
    const { dataset } = this.element;
    delete dataset.folded; // to measure the popups as they want to be
    dataset.corner = this.#corner;
    if (this.element.hidden) return;
    const { width, height } = this.element.getBoundingClientRect();
    const view = { width: innerWidth, height: innerHeight };
    const { corner, folded } = placeFor(this.#corner, { width, height }, view, this.#focus());
    dataset.corner = corner;
    if (folded) dataset.folded = "";
  }

  /** The box of the element that has the focus, if popups could cover it. */
  #focus() {
    const focused = document.activeElement;
    const isPage = focused === null || focused === document.body || focused.id === "content";
    return isPage || this.element.contains(focused) ? null : focused.getBoundingClientRect();
  }

  onKey = (event: KeyboardEvent) => {
    const corner = moved(this.#corner, event.key);
    if (corner === null) return;
    event.preventDefault();
    this.choose(corner);
  };

  /** Drags the popups with their grip to the nearest corner; a click goes to the next one. */
  onDrag = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const grip = event.currentTarget as HTMLElement;
    const { style } = this.element;
    const from = { x: event.clientX, y: event.clientY };
    const dragged = new AbortController();
    const { signal } = dragged;
    let isDragged = false;
    grip.setPointerCapture(event.pointerId);
    const move = ({ clientX, clientY }: PointerEvent) => {
      const [x, y] = [clientX - from.x, clientY - from.y];
      isDragged ||= Math.hypot(x, y) > CLICK_PIXELS;
      // set by script, which the policy of the page allows, in contrast to style attributes
      if (isDragged) style.translate = `${x}px ${y}px`;
    };
    const drop = ({ clientX, clientY, type }: PointerEvent) => {
      dragged.abort();
      style.translate = "";
      const view = { width: innerWidth, height: innerHeight };
      if (type === "pointerup" && isDragged) this.choose(nearest(clientX, clientY, view));
      // the click that follows a drag is none
      if (isDragged) grip.addEventListener("click", stop, { capture: true, once: true });
      window.setTimeout(() => grip.removeEventListener("click", stop, true));
    };
    grip.addEventListener("pointermove", move, { signal });
    for (const type of ["pointerup", "pointercancel"] as const)
      grip.addEventListener(type, drop, { signal });
  };

  stop() {
    this.#end.abort();
    this.#observer.disconnect();
  }
}

function stop(event: Event) {
  event.stopImmediatePropagation();
}
