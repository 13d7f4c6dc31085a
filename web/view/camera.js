/** One camera at a time: hold to move and zoom, touch for a stored view. Only what the camera can do is offered. */

/** @import { Ability, CameraCommand, Panel } from "../lib/room.js" */
/** @import { Arguments, Camera, Room } from "../lib/types.js" */
/** @import { Direction } from "../lib/hold.js" */

import { movedByRoom } from "../lib/automation.js";
import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { holdable, steerable } from "../lib/hold.js";
import { icon } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { deviceName, offlineAdvice } from "../lib/labels.js";
import { UndoToast } from "./change-toast.js";
import { button, glyph } from "./parts.js";
import { SelfView } from "./self-view.js";

const SAVE_MS = 8000;
const GO_MS = 20000; // a camera may take as long to turn round
/** @typedef {{pan_deg: number, tilt_deg: number, zoom_pct: number}} Place */

/** @type {readonly Ability[]} what is set on its settings' page */
const SET = ["store", "focus", "exposure", "exposure_compensation", "backlight", "white_balance", "tracking", "ir_receive", "tally", "menu"];

/** @type {readonly (readonly [string, number, number])[]} by rows, as seen from behind the camera */
const PAD = [
  ["up_left", -1, 1], ["up", 0, 1], ["up_right", 1, 1],
  ["left", -1, 0], ["home", 0, 0], ["right", 1, 0],
  ["down_left", -1, -1], ["down", 0, -1], ["down_right", 1, -1],
];

export class CameraPad extends HTMLElement {
  /** @type {Camera | null} */ #camera = null;
  #saving = 0;
  /** @type {number | null} the view that is replaced at a second touch, for nobody could have it back */ #sure = null;
  /** @type {Map<string, Place>} where each view was when the camera stood there last */ #places = new Map();
  #fetching = false;
  /** @type {import("./camera-settings.js").CameraSettings | null} */ settings = null;
  /** @type {string | null} the camera, as a subject of problems, if it is said here that it is broken */ broken = null;

  /**
   * @param {Panel} panel
   * @param {boolean} roomy whether it is steered and set here; else its views are chosen
   */
  constructor(panel, roomy) {
    super();
    this.panel = panel;
    this.roomy = roomy;
    this.tabs = named(h("div", { class: "tabs", role: "group" }), "camera.tabs");
    this.top = h("div", { class: "top" }, this.tabs);
    this.pad = named(h("div", { class: "pad", role: "group" }), "camera.pad");
    this.home = glyph("home", "camera.home", "key", () => void this.#ask("camera.home", {}));
    this.enter = glyph("check", "camera.menu.enter", "key", () => this.#key("enter"));
    this.pad.append(...PAD.flatMap(([key, pan, tilt]) => (key === "home" ? [this.home, this.enter] : [this.#mover(key, { pan, tilt, zoom: 0 })])));
    this.zoom = h(
      "div",
      { class: "zoom" },
      this.#zoomer("zoom_in", { pan: 0, tilt: 0, zoom: 1 }),
      this.#zoomer("zoom_out", { pan: 0, tilt: 0, zoom: -1 }),
    );
    this.presets = named(h("div", { class: "presets", role: "group" }), "camera.presets");
    this.save = button("save", "camera.save", "key save", () => this.#arm(!this.#saving));
    this.set = glyph("settings", "camera.settings", "key set", () => this.#turnSettings());
    this.keep = h("div", { class: "keep" }, this.save, this.set);
    this.view = new SelfView(() => panel.holds.holding);
    this.menuBack = button("back", "camera.menu.back", "key", () => this.#key("back"));
    this.menuClose = button("leave", "camera.menu.close", "key", () => void this.#ask("camera.menu", { on: false }));
    this.menu = h("div", { class: "menu" }, words(h("p"), "camera.menu.note"), this.menuBack, this.menuClose);
    this.still = h("img", { alt: "", draggable: "false" });
    this.stillWords = h("p", { class: "caption" });
    this.undo = new UndoToast(panel);
    this.stage = h("div", { class: "stage" }, this.still, this.stillWords, this.view, this.undo);
    this.side = h("div", { class: "side" }, this.presets, this.menu, this.keep);
    this.seen = h("p", { class: "seen" }, icon("warning"), h("span"));
    this.steer = h("div", { class: "steer" }, ...(roomy ? [this.stage] : []), this.pad, this.zoom, this.side);
    this.note = h("p", { class: "note" });
    this.moved = h("p", { class: "moved" });
    this.on = button("power", "camera.switch_on", "key primary", () => void this.#ask("camera.power", { on: true }));
    this.standby = h("div", { class: "standby" }, icon("camera"), this.note, this.moved, this.on);
    attribute(this, "data-roomy", roomy);
    this.append(this.top, this.seen, this.steer, this.standby);
    steerable(this.steer, panel.holds, (direction) => this.#steerable(direction));
  }

  /** @param {Room} room */
  update(room) {
    const { cameras, devices } = room;
    const camera = cameras.find((one) => one.name === this.panel.camera.chosen) ?? cameras[0] ?? null;
    if (camera?.name !== this.#camera?.name) {
      this.panel.holds.stop();
      if (this.roomy && this.panel.camera.menu !== camera?.name) this.panel.closeMenu();
      this.view.forget();
    }
    this.#camera = camera;
    const place = camera && placeOf(camera);
    if (camera?.preset && place) this.#places.set(`${camera.name} ${camera.preset}`, place);
    this.undo.draw(true);
    const many = cameras.length > 1;
    show(this.top, many);
    // Beside the tabs there is room for it; without them there is room under the views.
    const beside = many ? this.top : this.side;
    if (this.keep.parentElement !== beside) beside.append(this.keep);
    keyed(this.tabs, cameras, (one) => one.name, (one) => h("button", { type: "button", class: "tab", onclick: () => this.#choose(one.name) }), (tab, one) => {
      text(tab, deviceName(`camera.${one.name}`, devices));
      attribute(tab, "aria-pressed", String(one === camera));
    });
    // What moves here may not be what the others see.
    show(this.seen, many && camera !== null && camera.picture !== undefined && camera.picture !== "meeting");
    text(/** @type {Element} */ (this.seen.lastElementChild), camera ? t(`camera.picture.${camera.picture}`) : "");
    text(this.moved, camera ? movedByRoom(room, this.panel.clock, camera.name) : ""); // where nothing is to be pressed
    const refusal = this.#refusal(room, camera);
    const setting = this.roomy && this.panel.camera.setting && camera !== null && this.#settable(camera);
    show(this.steer, refusal === null && !setting);
    if (this.settings) show(this.settings, refusal === null && setting);
    show(this.standby, refusal !== null);
    text(this.note, refusal ?? "");
    show(this.keep, refusal === null);
    if (!camera) return show(this.on, false);
    const status = devices.find((device) => device.name === `camera.${camera.name}`)?.status;
    show(this.on, camera.power === false && status !== "offline" && this.#can("power"));
    const menu = camera.menu === true && this.#can("menu");
    if (this.panel.camera.menu === camera.name && camera.menu === false) this.panel.camera.menu = null;
    const keys = camera.modes?.menu ?? [];
    for (const mover of /** @type {HTMLCollectionOf<HTMLButtonElement>} */ (this.pad.children)) {
      const slanted = /turn-.*_/.test(mover.className);
      mover.disabled = menu ? slanted || keys.length === 0 : !this.#can("drive");
    }
    this.home.disabled = !this.#can("home");
    show(this.home, !menu);
    show(this.enter, menu);
    show(this.menu, menu);
    attribute(this.steer, "data-menu", menu);
    show(this.menuBack, keys.includes("back"));
    show(this.zoom, this.#can("zoom") && !menu);
    show(this.presets, this.#can("recall") && camera.presets.length > 0 && !menu);
    show(this.save, this.#can("store") && camera.presets.length > 0 && !setting && !menu);
    show(this.set, this.#settable(camera));
    attribute(this.set, "aria-pressed", String(setting));
    if (setting && this.settings) this.settings.update(camera);
    else if (setting) void this.#fetchSettings();
    const at = camera.presets.find((one) => one.number === camera.preset);
    show(this.still, Boolean(at?.picture));
    attribute(this.still, "src", at?.picture ?? null);
    text(this.stillWords, at?.picture ? t("camera.still", { name: at.name || t("camera.preset", { number: at.number }) }) : t("camera.stage"));
    text(/** @type {Element} */ (this.save.lastElementChild), t(this.#saving ? "camera.save_to" : "camera.save"));
    attribute(this.save, "aria-pressed", String(Boolean(this.#saving)));
    this.presets.classList.toggle("saving", Boolean(this.#saving));
    keyed(this.presets, camera.presets, (preset) => `${camera.name} ${preset.number}`, (preset) => h("button", { type: "button", class: "key preset", onclick: () => this.#preset(preset.number) }, h("img", { alt: "", draggable: "false" }), h("span", { class: "called" }, icon("check"), h("span", { class: "label" }))), (key, preset) => {
      const picture = /** @type {HTMLImageElement} */ (key.firstElementChild);
      show(picture, Boolean(preset.picture));
      attribute(picture, "src", preset.picture ?? null);
      text(/** @type {Element} */ (key.querySelector(".label")), preset.name || t("camera.preset", { number: preset.number }));
      attribute(key, "aria-pressed", String(camera.preset === preset.number));
    });
  }

  /**
   * Why the camera cannot be moved now, or null.
   * @param {Room} room
   * @param {Camera | null} camera
   * @returns {string | null}
   */
  #refusal(room, camera) {
    this.broken = null;
    if (!camera) return t("camera.none");
    const device = room.devices.find((one) => one.name === `camera.${camera.name}`);
    if (device?.reason === "laptop") return t("offline.laptop");
    if (device?.status === "offline") {
      this.broken = device.name;
      const what = t("issue.device.offline", { device: deviceName(device.name, room.devices) });
      return t("camera.offline", { what, advice: offlineAdvice(device.reason) });
    }
    if (device?.status === "starting") return t("camera.starting");
    if (camera.power === false) return t("camera.standby");
    return camera.can.some((ability) => ability !== "power") ? null : t("camera.fixed");
  }

  /** @param {Ability} ability */
  #can(ability) {
    return (this.#camera?.can.includes(ability) ?? false) && this.panel.may(`camera.${ability}`);
  }

  /** Whether anything may be set from here. @param {Camera} camera */
  #settable(camera) {
    return this.panel.may("camera.name") && SET.some((ability) => camera.can.includes(ability));
  }

  /** Fetch the settings when they are first wanted: most panels never show them. */
  async #fetchSettings() {
    if (this.#fetching) return;
    this.#fetching = true;
    try {
      const { CameraSettings } = await import("./camera-settings.js");
      this.settings = new CameraSettings(this.panel);
      this.steer.after(this.settings);
      this.panel.refresh();
    } catch {
      this.#fetching = false; // the connection is lost: it is tried again while they are wanted
    }
  }

  /**
   * The camera that a press moves; while its own menu is open, the press is a key of that.
   * @param {Direction} direction
   */
  #steerable(direction) {
    if (this.#camera?.menu === true && this.#can("menu")) {
      if (!direction.zoom) this.#key(direction.tilt > 0 ? "up" : direction.tilt < 0 ? "down" : direction.pan < 0 ? "left" : "right");
      return null;
    }
    const name = this.#can(direction.zoom ? "zoom" : "drive") ? (this.#camera?.name ?? null) : null;
    if (name !== null) this.view.steered(name);
    return name;
  }

  /**
   * Press a key of the camera's own menu.
   * @param {Arguments["camera.menu_key"]["key"]} key
   */
  #key(key) {
    if (!(this.#camera?.modes?.menu ?? []).includes(key)) return;
    if (this.roomy) this.panel.camera.menu = this.#camera?.name ?? null;
    void this.#ask("camera.menu_key", { key });
  }

  /** @param {string} name */
  #choose(name) {
    this.panel.holds.stop();
    this.panel.camera.chosen = name;
    this.#arm(false);
  }

  /**
   * @template {CameraCommand} T
   * @param {T} type
   * @param {Omit<Arguments[T], "camera">} args
   */
  #ask(type, args) {
    return this.panel.ask(type, /** @type {Arguments[T]} */ ({ camera: this.#camera?.name ?? "", ...args }));
  }

  /** @param {number} preset */
  async #preset(preset) {
    const camera = this.#camera;
    if (!this.#saving || !camera) return void this.#ask("camera.recall", { preset });
    const view = camera.presets.find((one) => one.number === preset);
    const shown = view?.name || t("camera.preset", { number: preset });
    const was = this.#can("goto") ? this.#places.get(`${camera.name} ${preset}`) : undefined;
    if (!was && (view?.name || view?.picture) && this.#sure !== preset) {
      this.#sure = preset;
      return this.panel.tell(t("camera.replace", { name: shown }));
    }
    const is = placeOf(camera);
    this.#arm(false);
    const outcome = await this.#ask("camera.store", { preset });
    if (outcome.status !== "done") return;
    const said = t("camera.saved", { name: shown });
    if (was && this.roomy) this.undo.offer(said, () => this.#restore(camera.name, preset, was, is));
    else this.panel.tell(said, "check");
  }

  /**
   * Store a view as it was, and go back to where the camera stood.
   * @param {string} camera
   * @param {number} preset
   * @param {Place} was
   * @param {Place | null} is
   */
  async #restore(camera, preset, was, is) {
    if ((await this.panel.ask("camera.goto", { camera, ...was }, GO_MS)).status !== "done") return false;
    const { status } = await this.panel.ask("camera.store", { camera, preset });
    if (is) void this.panel.ask("camera.goto", { camera, ...is }, GO_MS);
    return status === "done";
  }

  /** Show the settings instead of the pad, or on the sheet where they have room. */
  #turnSettings() {
    this.panel.holds.stop();
    const { camera } = this.panel;
    const wanted = !(this.roomy && camera.setting);
    if (!this.roomy) this.panel.open("camera");
    camera.setting = wanted;
    this.#arm(false);
  }

  /**
   * Make the next touch of a view store it, for a short while.
   * @param {boolean} on
   */
  #arm(on) {
    clearTimeout(this.#saving);
    this.#sure = null;
    this.#saving = on ? Number(setTimeout(() => this.#arm(false), SAVE_MS)) : 0;
    this.panel.refresh();
  }

  /**
   * @param {string} key
   * @param {Direction} direction
   */
  #mover(key, direction) {
    const mover = glyph("arrow", `camera.${key}`, `key hold turn-${key}`);
    holdable(mover, this.panel.holds, () => this.#steerable(direction), direction);
    return mover;
  }

  /**
   * @param {"zoom_in" | "zoom_out"} key
   * @param {Direction} direction
   */
  #zoomer(key, direction) {
    const zoomer = h("button", { type: "button", class: "key hold" }, icon(key), words(h("span", { class: "label" }), `camera.${key}`));
    holdable(zoomer, this.panel.holds, () => this.#steerable(direction), direction);
    return zoomer;
  }
}

/** Where a camera stands, if it says so. @param {Camera} camera @returns {Place | null} */
function placeOf({ pan_deg, tilt_deg, zoom_pct, moving }) {
  return moving || pan_deg === null || tilt_deg === null || zoom_pct === null ? null : { pan_deg, tilt_deg, zoom_pct };
}

/** The camera, outside a call. */
export class CameraSheet extends HTMLElement {
  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.pad = new CameraPad(panel, true);
    this.append(this.pad);
  }

  /** @param {Room} room */
  update(room) {
    this.pad.update(room);
  }
}

customElements.define("camera-pad", CameraPad);
customElements.define("camera-sheet", CameraSheet);
