// A QR code as a picture of one path.

import { html, svg } from "lit";
import { encode } from "uqr";

const BORDER = 2;

/** The code of a text; `label` says to screen readers what it is for. It is dark on light in every theme. */
export function qrCode(text: string, label: string) {
  const { data, size } = encode(text, { ecc: "M", border: BORDER });
  const squares = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  const path = svg`<rect width=${size} height=${size} fill="white"></rect><path fill="black" d=${squares.join("")}></path>`;
  return html`<svg
    class="qr"
    role="img"
    aria-label=${label}
    viewBox="0 0 ${size} ${size}"
    shape-rendering="crispEdges"
    data-testid="qr"
  >
    ${path}
  </svg>`;
}
