/** The pieces that several views share: buttons with an icon, and patience. */

/** @import { IconName } from "../lib/icon.js" */

import { h } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, words } from "../lib/i18n.js";

/**
 * A button with an icon and words that follow the language.
 * @param {IconName} name
 * @param {string} key
 * @param {string} look its CSS classes
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
export function button(name, key, look, act) {
  const label = words(h("span", { class: "label" }), key);
  return h("button", { type: "button", class: look, onclick: act }, icon(name), label);
}

/**
 * A button with an icon alone; its name is spoken, not shown.
 * @param {IconName} name
 * @param {string} key
 * @param {string} look
 * @param {() => void} [act]
 * @returns {HTMLButtonElement}
 */
export function glyph(name, key, look, act) {
  return named(h("button", { type: "button", class: look, onclick: act ?? (() => {}) }, icon(name)), key);
}

/** How long a meeting may take to open before the panel stops waiting for the answer. */
export const OPEN_MS = 20000;
