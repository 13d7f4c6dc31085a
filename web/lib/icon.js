/** The icons: strokes on a 24 × 24 grid, drawn in the colour of the text beside them. */

import { svg } from "./dom.js";

const PATHS = {
  free: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM7.8 12.4l2.8 2.8 5.6-6",
  occupied: "M12 2.5 21.5 12 12 21.5 2.5 12ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
  meeting: "M3.5 4.5h17v12h-17ZM8 20.5h8M12 16.5v4",
  unknown: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.3 9.600c.2-1.6 1.3-2.5 2.8-2.5 1.6 0 2.7 1 2.7 2.4 0 2.1-2.8 2.2-2.8 4.300M12 16.800v.1",
  mic: "M12 3a3 3 0 0 0-3 3v5.5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21M8.5 21h7",
  mic_off: "M9 9v2.5a3 3 0 0 0 4.8 2.400M15 11V6a3 3 0 0 0-5.7-1.300M5.5 11a6.5 6.5 0 0 0 10.6 5M18.5 11a6.5 6.5 0 0 1-.6 2.700M12 17.5V21M8.5 21h7M3.5 3.5l17 17",
  sound: "M6 10v4M9 7v10M12 4.500v15M15 8v8M18 10.500v3",
  volume: "M4 9.5v5h3.5l5 4v-13l-5 4ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11",
  camera: "M3.5 7h11v10h-11ZM14.5 10.8 20.5 8v8l-6-2.8",
  plus: "M12 5v14M5 12h14",
  reserve: "M4 6h16v14H4ZM4 10.5h16M8 3v4M16 3v4M12 13v4.5M9.750 15.250h4.500",
  minus: "M5 12h14",
  keypad: "M6 5.5v.1M12 5.5v.1M18 5.5v.1M6 12v.1M12 12v.1M18 12v.1M6 18.5v.1M12 18.5v.1M18 18.5v.1",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM9.3 9.600c.2-1.6 1.3-2.5 2.8-2.5 1.6 0 2.7 1 2.7 2.4 0 2.1-2.8 2.2-2.8 4.300M12 16.800v.1",
  leave: "M10.5 4H5v16h5.5M14.5 7.5 19 12l-4.5 4.5M19 12H9.5",
  arrow: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  home: "M4 11.5 12 4.5l8 7M6.5 10v9.5h11V10",
  zoom_in: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5l5 5M10.5 7.800v5.400M7.8 10.5h5.4",
  zoom_out: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5l5 5M7.8 10.5h5.4",
  warning: "M12 3.5 22 20.5H2ZM12 9.800v5M12 17.600v.1",
  back: "M19.5 12h-15M11 5.5 4.5 12l6.5 6.5",
  key: "M8 8.5a4.5 4.5 0 1 0 .01 0ZM11.5 10 20.5 3M16.5 6l2.5 3",
  erase: "M8.5 5.5h12v13h-12l-6-6.5ZM11.5 9.5l5 5M16.5 9.5l-5 5",
  person: "M12 4.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7ZM5 19.500a7 5.500 0 0 1 14 0Z",
  clock: "M12 5.500V12l4 2.500",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM3 12h18M12 3c3 2.600 3.800 6 3.800 9s-.8 6.400-3.800 9c-3-2.600-3.800-6-3.800-9s.8-6.400 3.800-9Z",
  wait: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5.300l3.5 2",
  door: "M6 21V3.5h12V21M3.5 21h17M14.5 12v.6",
  screen: "M3.5 4.5h17v12h-17ZM8 20.5h8M12 16.5v4",
  check: "M5 12.800l4.6 4.700L19 7.5",
  save: "M5 4.5h11l3 3v12H5ZM8.5 4.5v5h6v-5M8.5 19.5v-5.5h7v5.5",
  settings: "M4 7h8.500M17.500 7H20M15 4.700v4.600M4 17h2.500M11.500 17H20M9 14.700v4.600",
  power: "M12 3.5v8M7 6.5a7.5 7.5 0 1 0 10 0",
  keyboard: "M2.5 6.500h19v11h-19ZM6 10v.1M10 10v.1M14 10v.1M18 10v.1M7.500 14h9",
  hand: "M9 12V5.500a1.500 1.500 0 0 1 3 0V11l5.500 1.200a2 2 0 0 1 1.500 2.300l-1 6.500h-8L5.500 14.500a1.400 1.400 0 0 1 2.200-1.700L9 14.200",
  other: "M4 8.500h13M13.500 5 17 8.500 13.500 12M20 15.500H7M10.500 12 7 15.500l3.500 3.500",
  send: "M20.5 4 3.500 10.500l7 3 3 7ZM10.500 13.500 20.500 4",
  laptop: "M5.500 5.500h13v9.500h-13ZM2.500 18.500h19",
  share: "M3.500 4.500h17v12h-17ZM8 20.500h8M12 13.500V8M9.500 10.200 12 7.700l2.500 2.500",
  dial: "M6 3.500h3l1.500 4-2 1.500a12 12 0 0 0 6 6l1.500-2 4 1.500v3a2 2 0 0 1-2 2A14.500 14.500 0 0 1 4 5.500a2 2 0 0 1 2-2Z",
  speakerphone: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * Draw an icon; it is decoration, the words beside it carry the meaning.
 * @param {IconName} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const path = svg("path", { d: PATHS[name] });
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", "data-icon": name }, path);
}

/**
 * Turn an icon into another one.
 * @param {Element} element
 * @param {IconName} name
 */
export function redraw(element, name) {
  if (element.getAttribute("data-icon") === name) return;
  element.setAttribute("data-icon", name);
  element.firstElementChild?.setAttribute("d", PATHS[name]);
}
