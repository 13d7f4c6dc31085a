/** How a camera sees: focus, exposure, colours, following people; and what its views are called. */

/** @import { Ability, CameraCommand, Panel } from "../lib/room.js" */
/** @import { Arguments, Camera } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { holdable } from "../lib/hold.js";
import { named, say, t, words } from "../lib/i18n.js";
import { glyph } from "./parts.js";

const SURE_MS = 8000;

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
  { key: "backlight", ability: "backlight", ways: SWITCH, now: (camera) => switched(camera.backlight), ask: (way) => ["camera.backlight", { on: way === "on" }] },
  { key: "white_balance", ability: "white_balance", ways: (camera) => camera.modes?.white_balance ?? [], now: (camera) => camera.white_balance, ask: (mode) => ["camera.white_balance", { mode }] },
  { key: "tracking", ability: "tracking", ways: SWITCH, now: (camera) => switched(camera.tracking), ask: (way) => ["camera.tracking", { on: way === "on" }] },
  { key: "remote", ability: "ir_receive", ways: SWITCH, now: (camera) => switched(camera.ir_receive), ask: (way) => ["camera.ir_receive", { on: way === "on" }] },
  { key: "tally", ability: "tally", ways: (camera) => ["off", ...(camera.modes?.tally ?? [])], now: (camera) => camera.tally, ask: (light) => ["camera.tally", { light }] },
];

export class CameraSettings extends HTMLElement {
  /** @type {Camera | null} */ #camera = null;
  /** @type {string | null} the view that the next touch deletes */ #doomed = null;
  #deleting = 0;

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
    this.darker = glyph("minus", "camera.darker", "key", () => this.#expose(-1));
    this.brighter = glyph("plus", "camera.brighter", "key", () => this.#expose(1));
    this.steps = h("output");
    const steps = named(h("div", { class: "chips steps", role: "group" }, this.darker, this.steps, this.brighter), "camera.exposure_compensation");
    this.compensation = h("section", {}, words(h("h2"), "camera.exposure_compensation"), steps);
    this.openMenu = words(h("button", { type: "button", class: "chip", onclick: () => void this.#openMenu() }), "camera.menu.open");
    this.closeMenu = words(h("button", { type: "button", class: "chip", onclick: () => this.#ask("camera.menu", { on: false }) }), "camera.menu.close");
    this.menu = h("section", {}, words(h("h2"), "camera.menu"), h("div", { class: "chips" }, this.openMenu, this.closeMenu));
    const sections = this.rows.map((row) => row.section);
    sections.splice(2, 0, this.compensation);
    this.append(...sections, this.menu, this.views);
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
    const { exposure_compensation: now } = camera;
    const steps = camera.modes?.exposure_compensation ?? [];
    show(this.compensation, camera.can.includes("exposure_compensation") && steps.length > 0);
    text(this.steps, now === null || now === undefined ? "–" : t("camera.steps", { steps: (now > 0 ? "+" : "") + now }));
    this.darker.disabled = typeof now !== "number" || now <= Number(steps[0]);
    this.brighter.disabled = typeof now !== "number" || now >= Number(steps[steps.length - 1]);
    // A menu without keys can only be closed.
    const keys = (camera.modes?.menu ?? []).length > 0;
    show(this.menu, camera.can.includes("menu") && (keys || camera.menu === true));
    show(this.openMenu, keys && camera.menu !== true);
    show(this.closeMenu, camera.menu === true);
    const nameable = camera.can.includes("store") ? camera.presets : [];
    show(this.views, nameable.length > 0);
    keyed(this.names, nameable, (preset) => `${camera.name} ${preset.number}`, (preset) => this.#nameField(preset.number), (row, preset) => {
      const [field, remove] = /** @type {[Element, HTMLButtonElement]} */ (/** @type {unknown} */ ([...row.children]));
      const input = /** @type {HTMLInputElement} */ (field.lastElementChild);
      const view = t("camera.preset", { number: preset.number });
      text(/** @type {Element} */ (field.firstElementChild), view);
      const doomed = this.#doomed === `${camera.name} ${preset.number}`;
      show(remove, camera.can.includes("delete_preset") && this.panel.may("camera.delete_preset"));
      text(remove, t(doomed ? "camera.delete_sure" : "camera.delete"));
      attribute(remove, "aria-label", `${t(doomed ? "camera.delete_sure" : "camera.delete")} ${preset.name || view}`);
      attribute(remove, "data-armed", doomed);
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
    const remove = h("button", { type: "button", class: "chip remove", onclick: () => void this.#delete(preset) });
    return h("div", { class: "named" }, h("label", { class: "field" }, h("span"), input), remove);
  }

  /**
   * Delete a view at the second touch; one that is not given soon counts for nothing.
   * @param {number} preset
   */
  async #delete(preset) {
    const camera = this.#camera;
    if (!camera) return;
    const view = `${camera.name} ${preset}`;
    const sure = this.#doomed === view;
    this.#doom(sure ? null : view);
    if (!sure) return;
    const name = camera.presets.find((one) => one.number === preset)?.name || t("camera.preset", { number: preset });
    const outcome = await this.panel.ask("camera.delete_preset", { camera: camera.name, preset });
    if (outcome.status === "done") this.panel.tell(t("camera.deleted", { name }), "check");
  }

  /** @param {string | null} view */
  #doom(view) {
    clearTimeout(this.#deleting);
    this.#doomed = view;
    if (view) this.#deleting = Number(setTimeout(() => this.#doom(null), SURE_MS));
    this.panel.refresh();
  }

  /** @param {number} step */
  #expose(step) {
    const now = this.#camera?.exposure_compensation;
    if (typeof now === "number") this.#ask("camera.exposure_compensation", { steps: now + step });
  }

  /** Open the camera's own menu, and show the keys that steer it. */
  async #openMenu() {
    const { camera } = this.panel;
    const name = this.#camera?.name ?? "";
    const outcome = await this.panel.ask("camera.menu", { camera: name, on: true });
    if (outcome.status !== "done") return;
    camera.menu = name;
    camera.setting = false;
    this.panel.refresh();
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
