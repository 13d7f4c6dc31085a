/** Mute, with the level of an open microphone or of one behind the wall, and volume. Mute never claims what was not confirmed. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, svg, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { t } from "../lib/i18n.js";
import { microphone } from "../lib/labels.js";
import { VolumeControl } from "./volume.js";

const BARS = 36;
const HALF = 20; // of the wave's height
const WIDE = 10; // from one bar to the next
const PACE_MS = 95; // the level is drawn ten times a second at most
const UNHEARD_OF = /** @type {const} */ ({ state: "unknown", icon: "unknown" });
const FORGET_MS = 1500; // without a level for so long nothing is known of it

export class AudioBar extends HTMLElement {
  /** @type {number[]} the levels of the last seconds, 0-100 */ #levels = [];
  #drawn_ms = -PACE_MS;
  #forgetting = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.icon = icon("unknown");
    this.state = h("span", { class: "label strong" });
    this.action = h("span", { class: "hint" });
    this.path = svg("path");
    this.wave = svg("svg", { class: "wave", viewBox: `0 0 ${BARS * WIDE} ${2 * HALF + 4}`, preserveAspectRatio: "none", "aria-hidden": "true" }, this.path);
    this.mute = h("button", { type: "button", class: "key mute", onclick: () => void this.toggle() }, h("span", { class: "disc" }, this.icon), h("span", { class: "says" }, this.state, this.action), this.wave);
    this.volume = new VolumeControl(panel);
    this.said = h("span", { class: "unseen", role: "status" });
    this.append(this.mute, this.volume, this.said);
  }

  /** @param {Room} room */
  update(room) {
    this.room = room;
    // What nobody has said for seconds is not claimed: it may have been muted or opened elsewhere.
    const { state, icon: name } = this.panel.stale ? UNHEARD_OF : microphone(room.audio, this.panel.pendingMute);
    attribute(this.mute, "data-state", state);
    attribute(this.mute, "aria-busy", state === "muting" || state === "unmuting");
    redraw(this.icon, name);
    text(this.state, t(`mic.${state}`));
    const locked = ["muted", "muting"].includes(state) && !this.panel.may("audio.unmute");
    text(this.action, this.panel.stale ? t("mic.do.stale") : t(locked ? "mic.room_only" : `mic.do.${state}`));
    text(this.said, ["muted", "open", "idle", "unsure", "unknown", "not_muted", "unheard", "laptop"].includes(state) ? t(`mic.say.${state}`) : "");
    this.mute.disabled = state === "none" || state === "laptop" || locked;
    if (state !== "open" && state !== "muted") this.heard(null);
    this.volume.update(room);
  }

  /**
   * Draw how loud the microphone is, 0-100, beside what it was, while a program hears it; null: nothing is known.
   * `behind`: the room is muted and no program hears it, so it is drawn in another form.
   * @param {number | null} level
   * @param {boolean} [behind]
   */
  heard(level, behind = false) {
    clearTimeout(this.#forgetting);
    const pct = this.mute.dataset.state === (behind ? "muted" : "open") ? level : null;
    attribute(this.wave, "data-heard", pct !== null);
    if (behind !== this.wave.hasAttribute("data-behind")) this.#levels = [];
    attribute(this.wave, "data-behind", behind);
    if (pct === null) {
      this.#levels = [];
      return;
    }
    this.#forgetting = Number(setTimeout(() => this.heard(null), FORGET_MS));
    const now = performance.now();
    if (now - this.#drawn_ms < PACE_MS) return;
    this.#drawn_ms = now;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#levels = [...this.#levels, pct].slice(-BARS);
    attribute(this.path, "d", still ? bar(pct) : wave(this.#levels));
  }

  /** Mute, or unmute. */
  async toggle() {
    if (!this.room || this.panel.pendingMute) return;
    const { mute } = this.room.audio;
    const on = mute !== "muted" && mute !== "muting"; // in doubt, mute
    this.panel.pendingMute = on ? "muting" : "unmuting";
    this.panel.refresh();
    await this.panel.ask("audio.mute", { on });
    this.panel.pendingMute = null;
    this.panel.refresh();
  }
}

/** One line as long as it is loud: it grows, and nothing travels. @param {number} pct */
function bar(pct) {
  return `M4 ${HALF + 2}h${Math.max((BARS * WIDE - 8) * pct / 100, 0.1).toFixed(1)}`;
}

/** A line for each level, the newest to the right. @param {number[]} levels */
function wave(levels) {
  const begin = (BARS - levels.length) * WIDE + WIDE / 2;
  return levels.map((pct, i) => {
    const half = Math.max(HALF * pct / 100, 0.1);
    return `M${begin + i * WIDE} ${(HALF + 2 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }).join("");
}

customElements.define("audio-bar", AudioBar);
