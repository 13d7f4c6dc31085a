/** The sound sheet: who muted, how loud it is, which speakerphone, and a test sound. Claims nothing unproven. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Audio, Room, Speakerphone } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, say, t, words } from "../lib/i18n.js";
import { calling, deviceName, lastHeard, microphone } from "../lib/labels.js";
import { AudioBar } from "./audio.js";
import { button, glyph } from "./parts.js";

const TEST_MS = 16000;
const GAIN_STEP_PCT = 10;
const FORGET_LEVEL_MS = 1500;

export class SoundSheet extends HTMLElement {
  #testing = false;
  /** @type {string | null} what the last test found */ #verdict = null;
  #forgetting = 0;
  /** @type {number | null} */ #pct = null;
  /** @type {number | null} what was asked for and is not answered yet */ #gain_pct = null;
  /** @type {Audio | null} */ #audio = null;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.stateIcon = icon("unknown");
    this.state = h("b");
    this.who = h("p", { class: "hint" });
    this.own = h("p", { class: "fact meetings-own" });
    this.switch = h("p", { class: "fact" });
    this.bar = h("i");
    this.meter = named(h("div", { class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar), "sound.level");
    this.lastHeard = h("p", { class: "hint last-heard" });
    this.hears = h("p", { class: "hint hears" });
    const heading = words(h("h2"), "sound.microphone");
    this.found = h("p", { class: "found", role: "status" });
    const truth = h("p", { class: "truth" }, this.stateIcon, this.state);
    this.less = glyph("minus", "gain.down", "key step", () => void this.#turn(-GAIN_STEP_PCT));
    this.more = glyph("plus", "gain.up", "key step", () => void this.#turn(GAIN_STEP_PCT));
    this.gainLevel = h("output", {});
    this.gain = named(h("div", { class: "gain", role: "group" }, words(h("span"), "gain.name"), this.less, this.gainLevel, this.more), "gain.name");
    this.talkHint = button("check", "sound.talk_hint", "key talk-hint", () => void this.panel.ask("audio.talk_hint", { on: !this.#audio?.talk_hint }));
    const mic = h("section", {}, heading, truth, this.who, this.switch, this.own, this.lastHeard, this.meter, this.hears, this.talkHint);

    this.test = button("sound", "sound.test", "key go-test", () => void this.#test());
    this.devices = named(h("div", { class: "devices-chosen", role: "group" }), "sound.device");
    this.hint = h("p", { class: "hint" });
    const device = h("section", {}, words(h("h2"), "sound.device"), this.devices, this.hint, this.gain, this.found, this.test);

    this.audio = new AudioBar(panel);
    const dock = named(h("nav", { class: "dock" }, this.audio), "home.controls");
    this.append(h("div", { class: "body" }, mic, device), dock);
    this.level(null);
  }

  /** @param {Room} room */
  update(room) {
    const { audio } = room;
    this.#audio = audio;
    const shown = microphone(audio, this.panel.pendingMute);
    attribute(this, "data-state", shown.state);
    redraw(this.stateIcon, shown.icon);
    text(this.state, t(`mic.${shown.state}`));
    text(this.who, this.#why(audio, shown.state, room.devices));
    text(this.switch, audio.available && audio.switch && audio.switch !== "none" ? t(`sound.switch.${audio.switch}`) : "");
    const inMeeting = calling(room.meeting);
    const own = audio.meeting_muted ?? null;
    show(this.own, inMeeting && own !== null);
    text(this.own, own === null ? "" : t(own ? "sound.meeting_muted" : "sound.meeting_open"));
    show(this.talkHint, inMeeting && this.panel.may("audio.talk_hint"));
    attribute(this.talkHint, "aria-pressed", String(audio.talk_hint));
    text(this.lastHeard, lastHeard(audio, this.panel.clock));
    this.#devices(audio.speakerphones ?? [], inMeeting, room.devices);
    const gain = this.#gain_pct ?? audio.gain_pct;
    show(this.gain, gain !== null && gain !== undefined);
    text(this.gainLevel, t("volume.level", { pct: gain ?? 0 }));
    for (const key of [this.less, this.more]) show(key, this.panel.may("audio.gain"));
    this.less.disabled = !gain;
    this.more.disabled = gain === 100;
    const lent = shown.state === "laptop";
    this.test.disabled = inMeeting || !audio.available || lent;
    show(this.test, this.panel.may("audio.test"));
    attribute(this.test, "aria-busy", this.#testing);
    text(this.found, this.#found(inMeeting, audio.available && !lent));
    attribute(this.found, "data-tone", this.#verdict === "heard" ? "good" : null);
    this.audio.update(room);
    this.#hear();
  }

  /**
   * Show how loud the microphone is, 0-100; null: nothing is measured. `behind`: no program hears it.
   * @param {number | null} pct
   * @param {boolean} [behind]
   */
  level(pct, behind = false) {
    clearTimeout(this.#forgetting);
    this.#pct = pct;
    attribute(this.meter, "data-behind", behind && pct !== null);
    if (pct !== null) this.#forgetting = Number(setTimeout(() => this.level(null), FORGET_LEVEL_MS));
    this.bar.style.transform = `scaleX(${(pct ?? 0) / 100})`;
    attribute(this.meter, "data-measured", pct !== null);
    attribute(this.meter, "aria-valuenow", pct ?? 0);
    this.#hear();
  }

  #hear() {
    const behind = this.meter.hasAttribute("data-behind");
    const hears = t(this.#pct === null ? "sound.not_measured" : behind ? "sound.behind" : this.#pct === 0 ? "sound.silence" : "sound.hears");
    attribute(this.meter, "aria-valuetext", this.#pct && !behind ? null : hears);
    text(this.hears, hears);
  }

  /**
   * Turn the microphone up or down.
   * @param {number} by_pct
   */
  async #turn(by_pct) {
    const level = this.#gain_pct ?? this.#audio?.gain_pct;
    if (level === null || level === undefined) return;
    this.#gain_pct = Math.min(Math.max(level + by_pct, 0), 100);
    this.panel.refresh();
    await this.panel.ask("audio.gain", { pct: this.#gain_pct });
    this.#gain_pct = null;
    this.panel.refresh();
  }

  /** Forget what a test found: it was another moment. */
  reset() {
    this.#verdict = null;
  }

  /**
   * Who asked for what is so, or what is missing to it.
   * @param {Audio} audio
   * @param {string} state
   * @param {Room["devices"]} known
   */
  #why(audio, state, known) {
    if (state === "none") return t("sound.no_server");
    if (state === "laptop") return t("offline.laptop");
    if (audio.reason) return say("sound.why", audio.reason);
    if (state === "unknown") return t("sound.unknown");
    if (!["muted", "open", "idle", "unsure"].includes(state)) return "";
    const said = say(`sound.${state === "muted" ? "muted" : "open"}_by`, audio.requested_by ?? "found");
    // Of two speakerphones it is worth knowing which; panels are told apart by numbers that nobody knows.
    const which = audio.requested_by === "program" || (audio.requested_by === "speakerphone" && (audio.speakerphones ?? []).length > 1);
    const by = said && audio.requested_by_name && which ? t("sound.by_name", { by: said, name: audio.requested_by === "speakerphone" ? deviceName(`speakerphone.${audio.requested_by_name}`, known) : audio.requested_by_name }) : said;
    return audio.since && by ? t("sound.since", { by, time: this.panel.clock.hourMinute(audio.since) }) : by;
  }

  /**
   * @param {Speakerphone[]} all
   * @param {boolean} inMeeting
   * @param {Room["devices"]} known
   */
  #devices(all, inMeeting, known) {
    keyed(this.devices, all, (one) => one.name, (one) => this.#device(one), (key, one) => {
      const name = deviceName(`speakerphone.${one.name}`, known);
      const places = one.port_path ? t("sound.port", { name, path: one.port_path }) : name;
      const lent = known.some((device) => device.name === `speakerphone.${one.name}` && device.reason === "laptop");
      const state = lent ? "laptop" : !one.online ? "unplugged" : one.used ? "used" : "ready";
      const icons = /** @type {const} */ ({ used: "check", ready: "speakerphone", unplugged: "warning", laptop: "laptop" });
      redraw(key.children[0], icons[state]);
      text(key.children[1].children[0], one.label);
      text(key.children[1].children[1], places);
      text(key.children[2], t(lent ? "status.laptop" : `sound.phone.${state}`));
      attribute(key, "aria-pressed", String(one.used));
      /** @type {HTMLButtonElement} */ (key).disabled = !one.online || (inMeeting && !one.used) || !this.panel.may("audio.device");
    });
    const gated = all.some((one) => one.used && one.mic_gated);
    const hint = all.length === 0 ? "no_device" : inMeeting ? (all.length > 1 ? "not_in_call" : null) : gated ? "gated" : null;
    text(this.hint, hint ? t(`sound.${hint}`) : "");
  }

  /** @param {Speakerphone} one */
  #device({ name }) {
    const choose = () => void this.panel.ask("audio.device", { name });
    return h("button", { type: "button", class: "key", onclick: choose }, icon("speakerphone"), h("span", {}, h("b"), h("span", { class: "hint" })), h("span", { class: "how" }));
  }

  /**
   * @param {boolean} inMeeting
   * @param {boolean} available
   */
  #found(inMeeting, available) {
    if (inMeeting) return t("sound.no_test_in_call");
    if (!available || !this.panel.may("audio.test")) return "";
    if (this.#testing) return t("sound.testing");
    return this.#verdict ? say("sound.verdict", this.#verdict) : t("sound.test_hint");
  }

  async #test() {
    if (this.#testing) return;
    this.#testing = true;
    this.#verdict = null;
    this.panel.refresh();
    const outcome = await this.panel.ask("audio.test", {}, TEST_MS);
    this.#testing = false;
    this.#verdict = outcome.status === "done" ? String(outcome.result?.verdict ?? "other") : null;
    this.panel.refresh();
  }
}

customElements.define("sound-sheet", SoundSheet);
