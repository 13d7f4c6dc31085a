/** A keyboard on the glass, for a panel that has no other. Knows no field: it says what is to be done to a text. */

import { attribute, h, text } from "../lib/dom.js";
import { named, words } from "../lib/i18n.js";
import { glyph } from "./parts.js";

/** @typedef {(change: (text: string) => string) => void} Edit */

const LETTERS = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
const SIGNS = ["1234567890", "!\"#$%&'()*", "+,-./:;=?", "@_~<>[]"];

export class KeyBoard extends HTMLElement {
  #shifted = false;
  #signs = false;

  /**
   * @param {Edit} edit
   * @param {HTMLElement[]} [ends] keys of the last line, in the place of the space bar
   */
  constructor(edit, ends) {
    super();
    this.edit = edit;
    const rows = LETTERS.map((row) => h("div", { class: "line", role: "group" }, ...[...row].map(() => this.#character())));
    this.characters = rows.map((row) => /** @type {HTMLButtonElement[]} */ ([...row.children]));
    this.shift = glyph("arrow", "keyboard.shift", "key wide", () => this.#turn(!this.#shifted, this.#signs));
    rows[3].prepend(this.shift);
    rows[3].append(glyph("erase", "keyboard.erase", "key wide", () => edit((value) => [...value].slice(0, -1).join(""))));
    this.other = h("button", { type: "button", class: "key wide", onclick: () => this.#turn(false, !this.#signs) });
    const [dash, dot, slash] = [...(ends ? "-./" : "-.")].map((sign) => h("button", { type: "button", class: "key", onclick: () => edit((value) => value + sign) }, sign));
    const space = () => words(h("button", { type: "button", class: "key space", onclick: () => edit((value) => `${value} `) }), "keyboard.space");
    this.append(...rows, h("div", { class: "line" }, this.other, dash, ...(ends ? [dot, slash, ...ends] : [space(), dot])));
    named(this, "keyboard.name");
    this.setAttribute("role", "group");
    // A key takes no focus: the caret stays in the field, and a real keyboard goes on working.
    this.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#turn(false, false);
  }

  /** Begin anew, with small letters. */
  reset() {
    this.#turn(false, false);
  }

  #character() {
    const key = h("button", { type: "button", class: "key digit" });
    key.addEventListener("click", () => {
      const { textContent: sign } = key;
      this.edit((value) => value + sign);
      if (this.#shifted) this.#turn(false, this.#signs);
    });
    return key;
  }

  /**
   * @param {boolean} shifted
   * @param {boolean} signs
   */
  #turn(shifted, signs) {
    [this.#shifted, this.#signs] = [shifted, signs];
    (signs ? SIGNS : LETTERS).forEach((row, n) => {
      [...row].forEach((sign, m) => text(this.characters[n][m], shifted ? sign.toUpperCase() : sign));
    });
    attribute(this.shift, "aria-pressed", String(shifted));
    this.shift.disabled = signs;
    text(this.other, signs ? "abc" : "#+=");
  }
}

customElements.define("key-board", KeyBoard);

/**
 * Let a real keyboard write into a field from wherever the focus is, while a view of keys on the glass is shown.
 * @param {HTMLElement} around
 * @param {Edit} edit
 * @param {() => void} enter
 */
export function typing(around, edit, enter) {
  addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!around.checkVisibility() || around.closest("[inert]")) return;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const within = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (key === "Enter" && !(target instanceof HTMLButtonElement)) {
      event.preventDefault();
      enter();
    } else if (!within && key === "Backspace") {
      event.preventDefault();
      edit((value) => [...value].slice(0, -1).join(""));
    } else if (!within && key !== " " && [...key].length === 1) {
      event.preventDefault();
      edit((value) => value + key);
    }
  });
}
