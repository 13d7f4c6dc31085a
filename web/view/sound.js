/** The sound sheet: who muted, how loud it is, which speakerphone, and a test sound. Claims nothing unproven. */

/** @import { Audio, Panel, Room, Speakerphone } from "../lib/room.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, say, t, words } from "../lib/i18n.js";
import { calling, microphone } from "../lib/words.js";
import { AudioBar } from "./audio.js";
import { button } from "./parts.js";

const TEST_MS = 16000;
const FORGET_LEVEL_MS = 1500;

export class SoundSheet extends HTMLElement {
  #testing = false;
  /** @type {string | null} what the last test found */ #verdict = null;
  #forgetting = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.stateIcon = icon("unknown");
    this.state = h("b");
    this.who = h("p", { class: "hint" });
    this.own = h("p", { class: "fact" });
    this.bar = h("i");
    this.meter = named(h("div", { class: "meter", role: "meter", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar), "sound.level");
    this.hears = h("p", { class: "hint hears" });
    const heading = words(h("h2"), "sound.microphone");
    const mic = h("section", {}, heading, h("p", { class: "truth" }, this.stateIcon, this.state), this.who, this.own, this.meter, this.hears);

    this.devices = named(h("div", { class: "devices-chosen", role: "group" }), "sound.device");
    this.fixed = h("p", { class: "hint" });
    this.test = button("volume", "sound.test", "key go-test", () => void this.#test());
    this.found = h("p", { class: "found", role: "status" });
    const device = h("section", {}, words(h("h2"), "sound.device"), this.devices, this.fixed, words(h("h2"), "sound.loudspeaker"), this.test, this.found);

    this.audio = new AudioBar(panel);
    const dock = named(h("nav", { class: "dock" }, this.audio), "home.controls");
    this.append(h("div", { class: "body" }, mic, device), dock);
    this.level(null);
  }

  /** @param {Room} room */
  update(room) {
    const { audio } = room;
    const shown = microphone(audio, this.panel.pendingMute);
    attribute(this, "data-state", shown.state);
    redraw(this.stateIcon, shown.icon);
    text(this.state, t(`mic.${shown.state}`));
    text(this.who, this.#why(audio, shown.state));
    const inMeeting = calling(room.meeting);
    const own = audio.meeting_muted ?? null;
    show(this.own, inMeeting && own !== null);
    text(this.own, own === null ? "" : t(own ? "sound.meeting_muted" : "sound.meeting_open"));
    this.#devices(audio.speakerphones ?? [], inMeeting);
    this.test.disabled = inMeeting || !audio.available;
    attribute(this.test, "aria-busy", this.#testing);
    text(this.found, this.#found(inMeeting, audio.available));
    attribute(this.found, "data-tone", this.#verdict === "heard" ? "good" : null);
    this.audio.update(room);
  }

  /**
   * Show how loud the microphone is, 0-100; null: nothing is measured.
   * @param {number | null} pct
   */
  level(pct) {
    clearTimeout(this.#forgetting);
    if (pct !== null) this.#forgetting = Number(setTimeout(() => this.level(null), FORGET_LEVEL_MS));
    this.bar.style.transform = `scaleX(${(pct ?? 0) / 100})`;
    attribute(this.meter, "data-measured", pct !== null);
    attribute(this.meter, "aria-valuenow", pct);
    text(this.hears, t(pct === null ? "sound.not_measured" : pct === 0 ? "sound.silence" : "sound.hears"));
  }

  /** Forget what a test found: it was another moment. */
  forget() {
    this.#verdict = null;
  }

  /**
   * Who asked for what is so, or what is missing to it.
   * @param {Audio} audio
   * @param {string} state
   */
  #why(audio, state) {
    if (state === "none") return t("sound.no_server");
    if (audio.why) return say("sound.why", audio.why);
    if (state !== "muted" && state !== "open") return "";
    const name = audio.name ?? "";
    const by = say(`sound.${state}_by`, audio.by ?? "found", { name });
    return audio.since && by ? t("sound.since", { by, time: this.panel.clock.hourMinute(audio.since) }) : by;
  }

  /**
   * @param {Speakerphone[]} all
   * @param {boolean} inMeeting
   */
  #devices(all, inMeeting) {
    const many = all.length > 1;
    show(this.devices, many);
    keyed(this.devices, many ? all : [], (one) => one.name, (one) => h("button", { type: "button", class: "key", onclick: () => void this.panel.ask("audio.device", { name: one.name }) }, h("b"), h("span", { class: "hint" })), (key, one) => {
      text(key.children[0], one.label);
      text(key.children[1], t(one.online ? "sound.place" : "sound.unplugged", { name: one.name }));
      attribute(key, "aria-pressed", String(one.used));
      /** @type {HTMLButtonElement} */ (key).disabled = !one.online || (inMeeting && !one.used);
    });
    const only = all.length === 1 ? all[0] : null;
    const gated = all.some((one) => one.used && one.mic_gated);
    const single = only ? (only.online ? only.label : t("sound.only_unplugged", { label: only.label })) : t("sound.no_device");
    const hint = many ? (inMeeting ? t("sound.not_in_call") : gated ? t("sound.gated") : "") : single;
    text(this.fixed, hint);
  }

  /**
   * @param {boolean} inMeeting
   * @param {boolean} available
   */
  #found(inMeeting, available) {
    if (inMeeting) return t("sound.no_test_in_call");
    if (!available) return "";
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
