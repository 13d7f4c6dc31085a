/** A camera seen from above: where it looks, how wide, and beside it how far up or down. */

import { attribute, h, svg, text } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

const REACH = 150;
const WIDEST_DEG = 65;
const NARROWEST_DEG = 4;

/** @typedef {{pan_deg: number, tilt_deg: number, zoom_pct: number}} Look */

/**
 * The wedge that a camera at 160, 30 sees, as a path; right of the camera is left on the drawing,
 * for it looks down at us.
 * @param {Look} look
 * @returns {string}
 */
export function wedge({ pan_deg, zoom_pct }) {
  const zoom = Math.min(Math.max(zoom_pct, 0), 100) / 100;
  const half_deg = (WIDEST_DEG - (WIDEST_DEG - NARROWEST_DEG) * zoom) / 2;
  const point = (/** @type {number} */ deg) => {
    const angle = (deg * Math.PI) / 180;
    return `${(160 - REACH * Math.sin(angle)).toFixed(1)} ${(30 + REACH * Math.cos(angle)).toFixed(1)}`;
  };
  return `M160 30 L${point(pan_deg - half_deg)} A${REACH} ${REACH} 0 0 1 ${point(pan_deg + half_deg)} Z`;
}

export class TopView extends HTMLElement {
  constructor() {
    super();
    this.cone = svg("path", { class: "cone" });
    this.tilt = svg("line", { class: "tilt", x1: 22, x2: 48, y1: 100, y2: 100 });
    this.caption = h("figcaption");
    const arcs = [50, 100, 150].map((radius) => svg("circle", { class: "grid", cx: 160, cy: 30, r: radius }));
    const table = svg("rect", { class: "table", x: 120, y: 92, width: 80, height: 44, rx: 10 });
    const body = svg("rect", { class: "body", x: 150, y: 16, width: 20, height: 16, rx: 4 });
    const horizon = svg("line", { class: "horizon", x1: 18, x2: 52, y1: 100, y2: 100 });
    const drawing = svg("svg", { viewBox: "0 0 320 190", role: "img" }, ...arcs, table, this.cone, body, horizon, this.tilt);
    this.drawing = drawing;
    this.append(h("figure", {}, drawing, this.caption));
  }

  /** @param {Look} look */
  update(look) {
    attribute(this.cone, "d", wedge(look));
    attribute(this.tilt, "y2", (100 - look.tilt_deg).toFixed(1));
    const said = t("simulator.view", { pan: look.pan_deg.toFixed(1), tilt: look.tilt_deg.toFixed(1), zoom: look.zoom_pct.toFixed(0) });
    text(this.caption, said);
    attribute(this.drawing, "aria-label", `${t("simulator.above")}: ${said}`);
  }
}

customElements.define("top-view", TopView);
