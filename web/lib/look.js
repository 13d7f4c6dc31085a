/** The look that the house chose, on whatever page: light or dark, its colour, its pictures. */

/** @import { Look } from "./types.js" */

import { attribute, show } from "./dom.js";

const LEAST = 7; // contrast of what is written on a picture
const WORST = 0.02; // the share of its dots that may be worse
const SEEN = { wide: 64, high: 36 }; // a picture is judged at this size
const INK = [0xf6, 0xf2, 0xea];
const GROUND = [0x14, 0x12, 0x10];

const contrast = matchMedia("(prefers-contrast: more)");

/**
 * Dress this page. Whoever asked their system for more contrast has it, whatever the house chose.
 * @param {Look | undefined} look
 * @param {"dark" | null} auto what stands for "auto" here; null: what the browser prefers
 */
export function wear(look, auto = null) {
  const chosen = look?.theme ?? "auto";
  const theme = contrast.matches ? "contrast" : chosen === "auto" ? auto : chosen;
  const root = document.documentElement;
  attribute(root, "data-theme", theme);
  const accent = theme === "contrast" ? null : look?.accent;
  for (const [name, light, dark] of /** @type {const} */ ([["--accent", accent?.light, accent?.dark], ["--on-accent", accent?.on_light, accent?.on_dark]])) {
    const value = accent ? `light-dark(${light}, ${dark})` : "";
    if (root.style.getPropertyValue(name) !== value) root.style.setProperty(name, value);
  }
}

/**
 * Show the brand's logo, or nothing.
 * @param {HTMLImageElement} picture
 * @param {Look | undefined} look
 */
export function logo(picture, look) {
  const path = look?.logo ?? "";
  if (path && picture.getAttribute("src") !== path) picture.src = path;
  show(picture, path !== "");
}

/** The wallpaper of one page, under as much of the dark ground as words on it need. */
export class Wallpaper {
  #path = "";
  #url = "";

  /** @param {HTMLElement} ground */
  constructor(ground) {
    this.ground = ground;
  }

  /**
   * Show the wallpaper that the house chose, once it has been looked at; or none.
   * @param {Look | undefined} look
   * @param {boolean} wanted
   */
  update(look, wanted) {
    const path = look?.wallpaper ?? "";
    if (path !== this.#path && (wanted || !path)) void this.#fetch(path);
    attribute(this.ground, "data-wallpaper", wanted && this.#url !== "" && !contrast.matches && look?.theme !== "contrast");
  }

  /** @param {string} path */
  async #fetch(path) {
    this.#path = path;
    this.#url = "";
    if (!path) return;
    const picture = new Image();
    picture.src = path;
    try {
      await picture.decode();
    } catch {
      return; // no picture: then as if there were none
    }
    if (path !== this.#path) return;
    this.ground.style.setProperty("--wallpaper", `url("${path}")`);
    this.ground.style.setProperty("--scrim", String(veil(picture)));
    this.#url = path;
  }
}

/**
 * How much of the dark ground words on a picture need over it, from 0 to 1.
 * @param {HTMLImageElement} picture
 */
export function veil(picture) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [SEEN.wide, SEEN.high];
  const context = canvas.getContext("2d");
  if (!context) return 1;
  context.drawImage(picture, 0, 0, SEEN.wide, SEEN.high);
  const { data } = context.getImageData(0, 0, SEEN.wide, SEEN.high);
  const dots = Array.from({ length: data.length / 4 }, (_, i) => [...data.subarray(4 * i, 4 * i + 3)]);
  const ink = luminance(INK);
  for (let pct = 0; pct < 100; pct += 5) {
    const veiled = dots.map((dot) => luminance(dot.map((part, i) => part + ((GROUND[i] - part) * pct) / 100)));
    const worse = veiled.filter((one) => (ink + 0.05) / (one + 0.05) < LEAST).length;
    if (worse <= WORST * dots.length) return pct / 100;
  }
  return 1;
}

/** @param {readonly number[]} colour red, green and blue, from 0 to 255 (WCAG 2.2, relative luminance) */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
