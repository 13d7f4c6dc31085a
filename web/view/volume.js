/** The room's volume: a slider to pull, keys to hold, and what the room says it is. Knows no microphone. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, t } from "../lib/i18n.js";
import { glyph } from "./parts.js";

const STEP_PCT = 5;
const HELD_MS = 450; // a key that is held that long goes on by itself
const AGAIN_MS = 150;
const PACE_MS = 100; // between two levels that are sent

export class VolumeControl extends HTMLElement {
  /** @type {number | null} what was asked for here and is not answered yet */ #wanted_pct = null;
  #asking = false;
  #pulled = false;
  #repeating = 0;
  #went_on = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.down = this.#key("minus", "volume.down", -STEP_PCT);
    this.up = this.#key("plus", "volume.up", STEP_PCT);
    this.level = h("output", { class: "level" });
    this.sheet = named(h("button", { type: "button", class: "reading", onclick: () => panel.open("sound") }, icon("volume"), this.level), "sound.open");
    this.slider = named(h("input", { type: "range", class: "slider", min: 0, max: 100, step: 1, value: 0 }), "volume.name");
    this.slider.addEventListener("input", () => this.#set(Number(this.slider.value)));
    for (const kind of ["pointerdown", "pointerup", "pointercancel", "lostpointercapture", "blur"]) {
      this.slider.addEventListener(kind, () => this.#pull(kind === "pointerdown"));
    }
    this.className = "volume";
    attribute(this, "role", "group");
    named(this, "volume.name");
    this.append(this.down, this.sheet, this.slider, this.up);
  }

  /** @param {Room} room */
  update(room) {
    this.room = room;
    const level = this.#wanted_pct ?? room.audio.volume_pct;
    const adjustable = room.audio.available && level !== null;
    const said = level === null ? t("volume.unknown") : t("volume.level", { pct: level });
    text(this.level, said);
    attribute(this, "data-unknown", level === null);
    this.slider.disabled = !adjustable;
    attribute(this.slider, "aria-valuetext", said);
    if (!this.#pulled) this.slider.value = String(level ?? 0); // nothing moves under a finger
    this.slider.style.setProperty("--at", level === null ? "0" : this.slider.value);
    this.down.disabled = !adjustable || level <= 0;
    this.up.disabled = !adjustable || level >= 100;
    if (!adjustable) this.#letGo();
  }

  /** @param {boolean} on whether a finger has the slider */
  #pull(on) {
    if (this.#pulled === on) return;
    this.#pulled = on;
    this.panel.refresh();
  }

  /**
   * A key for one step, and for more while it is held.
   * @param {"minus" | "plus"} mark
   * @param {string} name
   * @param {number} by_pct
   */
  #key(mark, name, by_pct) {
    const key = glyph(mark, name, "key step", () => {
      if (!this.#went_on) this.#step(by_pct);
      this.#went_on = false;
    });
    key.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.#letGo();
      this.#went_on = false;
      this.#repeating = Number(setTimeout(() => this.#goOn(key, by_pct), HELD_MS));
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave", "blur"]) key.addEventListener(end, () => this.#letGo());
    key.addEventListener("contextmenu", (event) => event.preventDefault());
    return key;
  }

  /**
   * @param {HTMLButtonElement} key
   * @param {number} by_pct
   */
  #goOn(key, by_pct) {
    if (key.disabled || key.closest("[inert]") || document.hidden) return;
    this.#went_on = true;
    this.#step(by_pct);
    this.#repeating = Number(setTimeout(() => this.#goOn(key, by_pct), AGAIN_MS));
  }

  #letGo() {
    clearTimeout(this.#repeating);
  }

  /** @param {number} by_pct */
  #step(by_pct) {
    const level = this.#wanted_pct ?? this.room?.audio.volume_pct;
    if (level !== null && level !== undefined) this.#set(level + by_pct);
  }

  /** Ask for a level; the newest is sent once the one before was answered. @param {number} pct */
  async #set(pct) {
    this.#wanted_pct = Math.min(Math.max(pct, 0), 100);
    this.panel.refresh();
    if (this.#asking) return;
    this.#asking = true;
    let sent;
    while (sent !== this.#wanted_pct) {
      sent = this.#wanted_pct;
      const outcome = await this.panel.ask("audio.volume", { pct: sent });
      if (outcome.status !== "done") break;
      await new Promise((resolve) => setTimeout(resolve, PACE_MS));
    }
    this.#asking = false;
    this.#wanted_pct = null;
    this.panel.refresh();
  }
}

customElements.define("volume-control", VolumeControl);
