// The icons of the page, as paths.

const SVG = "http://www.w3.org/2000/svg";

export const PATHS: Record<string, string> = {
  phone:
    "M6.6 3.5 9 4l1.2 3.6-1.8 1.5a11 11 0 0 0 4.5 4.5l1.5-1.8L18 13l.5 2.4a1.8 1.8 0 0 1-1.8 2.1A13.2 13.2 0 0 1 4.5 5.3a1.8 1.8 0 0 1 2.1-1.8z",
  dialed: "M4 18 18 4M9 4h9v9",
  ringing: "M6 16V10a5 5 0 0 1 10 0v6l1.5 2h-13zM9.5 20.5h3",
  connected:
    "M5.6 4.5 8 5l1.1 3.3-1.7 1.4a10 10 0 0 0 4 4l1.4-1.7L16 13l.5 2.3a1.7 1.7 0 0 1-1.7 2A12 12 0 0 1 4 6.2a1.7 1.7 0 0 1 1.6-1.7zM13.5 4.5a4.6 4.6 0 0 1 4 4M13 8a1.6 1.6 0 0 1 1.2 1.2",
  ended: "M4.5 11.5 9 16 18 6.5",
  missed: "M5 5l12 12M17 5 5 17",
  elsewhere: "M4 7h11l-3.5-3.5M18 15H7l3.5 3.5",
  answered: "M4.5 11.5 9 16 18 6.5",
  answered_elsewhere: "M4 7h11l-3.5-3.5M18 15H7l3.5 3.5",
  unanswered: "M4.5 17.5 11 11M4.5 12v5.5H10M13 4.5l5 5M18 4.5l-5 5",
  no_end_signal: "M4.5 11h2M10 11h2M15.5 11h2",
  search: "M10 4.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM14 14l4 4",
  trash: "M4.5 6.5h13M9 6V4h4v2M6.5 6.5l.7 11.5h7.6l.7-11.5M9.5 9.5v5.5M12.5 9.5v5.5",
  filter: "M4 6.5h14M6.5 11h9M9 15.5h4",
  inbound: "M17.5 4.5 5 17M5 8v9h9",
  outbound: "M4.5 17.5 17 5M8 5h9v9",
  comment: "M4 5h14v10h-7l-4 3.5V15H4z",
  close: "M5.5 5.5l11 11M16.5 5.5l-11 11",
  bell: "M6 16V10a5 5 0 0 1 10 0v6l1.5 2h-13zM9.5 20.5h3",
  restore: "M5 8h8a4.5 4.5 0 0 1 0 9H8M5 8l3.5-3.5M5 8l3.5 3.5",
  sound: "M4 9h3l4-4v12l-4-4H4zM14 8.5a3.5 3.5 0 0 1 0 5M16.5 6a7 7 0 0 1 0 10",
  silent: "M4 9h3l4-4v12l-4-4H4zM14.500 9l4 4M18.500 9l-4 4",
  disturb: "M17 13.500A7 7 0 0 1 8.500 5a7 7 0 1 0 8.500 8.500z",
  keyboard: "M3 6h16v10H3zM6 9h.01M9 9h.01M12 9h.01M15 9h.01M7.500 13h7",
  grip: "M8 6h.01M14 6h.01M8 11h.01M14 11h.01M8 16h.01M14 16h.01",
  minimise: "M5 11h12",
  expand: "M7 13l4-4 4 4",
  chevron: "M7 9l4 4 4-4",
  plus: "M11 4.5v13M4.5 11h13",
  link: "M9 13l4-4M8 10.500l-2.500 2.500a2.800 2.800 0 0 0 4 4L12 14.500M14 11.500l2.500-2.500a2.800 2.800 0 0 0-4-4L10 7.500",
  open: "M12.500 4.500h5v5M17 5l-7 7M15 12.500v5H4.500V7h5",
  eye: "M2.5 11S5.5 5.5 11 5.5 19.5 11 19.5 11 16.5 16.5 11 16.5 2.5 11 2.5 11zM11 8.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  lock: "M6 10h10v8H6zM8 10V7a3 3 0 0 1 6 0v3",
  mail: "M3.5 5.5h15v11h-15zM3.5 6l7.5 6 7.5-6",
  copy: "M8 8V4.5h9.5V14H14M4.5 8H14v9.5H4.5z",
};

/** A decorative line icon; the word next to it carries the meaning. */
export function icon(name: string) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 22 22");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? "");
  svg.append(path);
  return svg;
}
