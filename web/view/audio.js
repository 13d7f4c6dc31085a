/** Mute and volume. Mute never claims what was not confirmed; volume may run ahead of the answer. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t } from "../lib/i18n.js";
import { microphone } from "../lib/labels.js";
import { glyph } from "./parts.js";

const STEP_PCT = 5;

export class AudioBar extends HTMLElement {
  /** @type {number | null} */ #wanted_pct = null;
  #asking = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.icon = icon("unknown");
    this.state = h("span", { class: "label strong" });
    this.action = h("span", { class: "hint" });
    this.mute = h("button", { type: "button", class: "key mute", onclick: () => void this.#toggle() }, h("span", { class: "disc" }, this.icon), h("span", { class: "says" }, this.state, this.action));
    this.down = glyph("minus", "volume.down", "key step", () => void this.#step(-STEP_PCT));
    this.up = glyph("plus", "volume.up", "key step", () => void this.#step(STEP_PCT));
    this.gauge = h("i");
    this.level = h("output", { class: "level" });
    this.sheet = named(h("button", { type: "button", class: "reading", onclick: () => panel.open("sound") }, icon("volume"), h("span", { class: "gauge" }, this.gauge), this.level), "sound.open");
    this.said = h("span", { class: "unseen", role: "status" });
    const volume = named(h("div", { class: "volume", role: "group" }, this.down, this.sheet, this.up), "volume.name");
    this.append(this.mute, volume, this.said);
  }

  /** @param {Room} room */
  update(room) {
    this.room = room;
    const { state, icon: name } = microphone(room.audio, this.panel.pendingMute);
    attribute(this.mute, "data-state", state);
    attribute(this.mute, "aria-busy", state === "muting" || state === "unmuting");
    redraw(this.icon, name);
    text(this.state, t(`mic.${state}`));
    const locked = ["muted", "muting"].includes(state) && !this.panel.may("audio.unmute");
    text(this.action, t(locked ? "mic.room_only" : `mic.do.${state}`));
    text(this.said, ["muted", "open", "unknown", "not_muted", "unheard"].includes(state) ? t(`mic.say.${state}`) : "");
    this.mute.disabled = state === "none" || locked;
    const level = this.#wanted_pct ?? room.audio.volume_pct;
    text(this.level, level === null ? t("volume.unknown") : t("volume.level", { pct: level }));
    this.gauge.style.width = `${level ?? 0}%`;
    const adjustable = room.audio.available && level !== null;
    this.down.disabled = !adjustable || level <= 0;
    this.up.disabled = !adjustable || level >= 100;
  }

  async #toggle() {
    if (!this.room || this.panel.pendingMute) return;
    const { mute } = this.room.audio;
    const on = mute !== "muted" && mute !== "muting"; // in doubt, mute
    this.panel.pendingMute = on ? "muting" : "unmuting";
    this.panel.refresh();
    await this.panel.ask("audio.mute", { on });
    this.panel.pendingMute = null;
    this.panel.refresh();
  }

  /** @param {number} by_pct */
  async #step(by_pct) {
    const level = this.#wanted_pct ?? this.room?.audio.volume_pct;
    if (level === null || level === undefined) return;
    this.#wanted_pct = Math.min(Math.max(level + by_pct, 0), 100);
    this.panel.refresh();
    if (this.#asking) return; // the answer under way sends the newest level after it
    this.#asking = 1;
    let sent;
    while (sent !== this.#wanted_pct) {
      sent = this.#wanted_pct;
      const outcome = await this.panel.ask("audio.volume", { pct: sent });
      if (outcome.status !== "done") break;
    }
    this.#asking = 0;
    this.#wanted_pct = null;
    this.panel.refresh();
  }
}

customElements.define("audio-bar", AudioBar);
