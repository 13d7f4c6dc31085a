/** How a camera sees: focus, exposure, colours, following people; and what its views are called. */

/** @import { Ability, CameraCommand, Panel } from "../lib/room.js" */
/** @import { Arguments, Camera } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { holdable } from "../lib/hold.js";
import { named, say, t, words } from "../lib/i18n.js";

/**
 * One choice: what the camera can be asked, which way it is set, and the command that sets it.
 * @typedef {object} Choice
 * @property {string} key of its words
 * @property {Ability} ability
 * @property {(camera: Camera) => readonly string[]} ways
 * @property {(camera: Camera) => string | null | undefined} now
 * @property {(way: string) => [CameraCommand, Record<string, unknown>]} ask
 */

/** @param {boolean | null | undefined} on */
const switched = (on) => (on === null || on === undefined ? null : on ? "on" : "off");
const SWITCH = () => ["on", "off"];

/** @type {readonly Choice[]} */
const CHOICES = [
  { key: "focus", ability: "focus", ways: () => ["auto", "manual", "one_push"], now: (camera) => camera.focus, ask: (mode) => ["camera.focus", { mode }] },
  { key: "exposure", ability: "exposure", ways: (camera) => camera.modes?.exposure ?? [], now: (camera) => camera.exposure, ask: (mode) => ["camera.exposure", { mode }] },
  { key: "white_balance", ability: "white_balance", ways: (camera) => camera.modes?.white_balance ?? [], now: (camera) => camera.white_balance, ask: (mode) => ["camera.whiteBalance", { mode }] },
  { key: "tracking", ability: "tracking", ways: SWITCH, now: (camera) => switched(camera.tracking), ask: (way) => ["camera.tracking", { on: way === "on" }] },
  { key: "remote", ability: "ir_receive", ways: SWITCH, now: (camera) => switched(camera.ir_receive), ask: (way) => ["camera.irReceive", { on: way === "on" }] },
  { key: "tally", ability: "tally", ways: (camera) => ["off", ...(camera.modes?.tally ?? [])], now: (camera) => camera.tally, ask: (light) => ["camera.tally", { light }] },
];

/** Whether there is anything to set. @param {Camera} camera */
export function settable(camera) {
  return camera.can.includes("store") || CHOICES.some((choice) => camera.can.includes(choice.ability));
}

export class CameraSettings extends HTMLElement {
  /** @type {Camera | null} */ #camera = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.rows = CHOICES.map((choice) => this.#row(choice));
    this.near = this.#focuser("near", 1);
    this.far = this.#focuser("far", -1);
    this.rows[0].section.append(h("div", { class: "chips" }, this.near, this.far));
    this.names = h("div", { class: "names" });
    this.views = h("section", {}, words(h("h2"), "camera.presets"), this.names);
    this.append(...this.rows.map((row) => row.section), this.views);
  }

  /** @param {Camera} camera */
  update(camera) {
    this.#camera = camera;
    for (const { choice, section, chips } of this.rows) {
      const ways = camera.can.includes(choice.ability) ? choice.ways(camera) : [];
      show(section, ways.length > 0);
      keyed(chips, ways, (way) => way, (way) => h("button", { type: "button", class: "chip", onclick: () => this.#ask(...choice.ask(way)) }), (chip, way) => {
        text(chip, say(`camera.${choice.key}`, way));
        attribute(chip, "aria-pressed", way === "one_push" ? null : String(choice.now(camera) === way));
      });
    }
    for (const key of [this.near, this.far]) show(key, camera.focus === "manual");
    const nameable = camera.can.includes("store") ? camera.presets : [];
    show(this.views, nameable.length > 0);
    keyed(this.names, nameable, (preset) => `${camera.name} ${preset.number}`, (preset) => this.#nameField(preset.number), (field, preset) => {
      const input = /** @type {HTMLInputElement} */ (field.lastElementChild);
      text(/** @type {Element} */ (field.firstElementChild), t("camera.preset", { number: preset.number }));
      if (document.activeElement !== input && input.value !== preset.name) input.value = preset.name;
    });
  }

  /** @param {Choice} choice */
  #row(choice) {
    const chips = named(h("div", { class: "chips", role: "group" }), `camera.${choice.key}`);
    return { choice, chips, section: h("section", {}, words(h("h2"), `camera.${choice.key}`), chips) };
  }

  /**
   * @param {string} key
   * @param {number} focus
   */
  #focuser(key, focus) {
    const focuser = words(h("button", { type: "button", class: "chip hold" }), `camera.focus.${key}`);
    holdable(focuser, this.panel.holds, () => this.#camera?.name ?? null, { pan: 0, tilt: 0, zoom: 0, focus });
    return focuser;
  }

  /** @param {number} preset */
  #nameField(preset) {
    const input = h("input", { type: "text", maxlength: 40, autocomplete: "off", enterkeyhint: "done" });
    input.addEventListener("change", () => this.#ask("camera.name", { preset, name: input.value.trim() }));
    input.addEventListener("keydown", (event) => event.key === "Enter" && input.blur());
    return h("label", { class: "field" }, h("span"), input);
  }

  /**
   * @template {CameraCommand} T
   * @param {T} type
   * @param {Omit<Arguments[T], "camera">} args
   */
  #ask(type, args) {
    void this.panel.ask(type, /** @type {Arguments[T]} */ ({ camera: this.#camera?.name ?? "", ...args }));
  }
}

customElements.define("camera-settings", CameraSettings);
