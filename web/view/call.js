/** The room in a call: its state in words, the camera, mute, volume, and leaving by two touches. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { movedByRoom } from "../lib/automation.js";
import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t } from "../lib/i18n.js";
import { agenda, callState, platformName, talkingWords } from "../lib/labels.js";
import { AudioBar } from "./audio.js";
import { CameraPad } from "./camera.js";
import { TroubleNote } from "./home.js";
import { isBlocked, BlockedCard, JoinControls } from "./blocked.js";

const CONFIRM_MS = 3000;
const LEAVE_MS = 25000; // the room itself gives up after 20 s

export class CallView extends HTMLElement {
  #armed = 0;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.stateIcon = icon("wait");
    this.stateWords = h("span");
    this.state = h("p", { class: "badge", role: "status" }, this.stateIcon, this.stateWords);
    this.hint = h("p", { class: "hint" });
    this.heading = h("h1");
    this.facts = h("ul", { class: "facts" });
    this.talk = h("p", { class: "talk", role: "status", hidden: true });
    this.trouble = new TroubleNote(panel);
    this.way = new JoinControls(panel);
    const about = h("section", { class: "about" }, this.state, this.talk, this.hint, this.way, this.heading, this.facts, this.trouble);
    this.camera = new CameraPad(panel, false);
    this.blocked = new BlockedCard(panel);
    this.audio = new AudioBar(panel);
    this.leaveWords = h("span", { class: "label strong" });
    this.leaveHint = h("span", { class: "hint" });
    this.leave = h("button", { type: "button", class: "key leave", onclick: () => void this.#leave() }, icon("leave"), this.leaveWords);
    this.said = h("p", { class: "unseen", role: "status" }, this.leaveHint);
    const dock = named(h("nav", { class: "dock" }, this.audio, this.leave, this.said), "home.controls");
    this.append(this.camera, this.blocked, about, dock);
  }

  /** @param {Room} room */
  update(room) {
    const { meeting } = room;
    const state = callState(meeting);
    attribute(this.state, "data-tone", state.tone);
    redraw(this.stateIcon, state.icon);
    text(this.stateWords, t(state.key));
    const moved = state.key === "call.in_call" ? movedByRoom(room, this.panel.clock) : "";
    text(this.hint, moved || t(state.key.replace("call.", "call.hint.")));
    text(this.heading, meeting.title ?? t("call.untitled"));
    this.#facts(room);
    const blocked = isBlocked(meeting);
    show(this.camera, !blocked);
    show(this.blocked, blocked);
    show(this.way, !blocked);
    if (blocked) this.blocked.update(room);
    else this.way.update(meeting, meeting.state === "unknown");
    this.camera.update(room);
    this.trouble.update(room, blocked ? "meeting" : this.camera.broken);
    this.audio.update(room);
    const { talking } = room.audio;
    show(this.talk, talking);
    show(this.hint, !talking);
    text(this.talk, talking ? talkingWords(room.audio) : "");
    attribute(this.leave, "data-armed", Boolean(this.#armed));
    text(this.leaveWords, t(this.#armed ? "call.leave_confirm" : "call.leave"));
    text(this.leaveHint, this.#armed ? t("call.leave_hint") : "");
    this.leave.disabled = meeting.state === "leaving";
  }

  /** Forget a first touch of Leave. */
  disarm() {
    clearTimeout(this.#armed);
    this.#armed = 0;
  }

  /** @param {Room} room */
  #facts(room) {
    const { meeting } = room;
    const { clock } = this.panel;
    const { hero } = agenda(room.bookings, clock.now());
    const begun = hero && Date.parse(hero.start) <= clock.now();
    const facts = [
      platformName(room, meeting.platform) || (meeting.host ? t("call.host", { host: meeting.host }) : ""),
      meeting.number ? t("call.number", { number: spaced(meeting.number) }) : "",
      meeting.since ? t("call.since", { time: clock.hourMinute(meeting.since) }) : "",
      hero ? t(begun ? "call.until" : "call.next", { time: clock.hourMinute(begun ? hero.end : hero.start) }) : "",
    ];
    while (this.facts.children.length < facts.length) this.facts.append(h("li"));
    facts.forEach((fact, i) => {
      const line = /** @type {HTMLElement} */ (this.facts.children[i]);
      text(line, fact);
      show(line, fact !== "");
    });
  }

  async #leave() {
    if (this.#armed) {
      this.disarm();
      this.panel.refresh();
      await this.panel.ask("meeting.leave", {}, LEAVE_MS);
      return;
    }
    this.#armed = Number(
      setTimeout(() => {
        this.disarm();
        this.panel.refresh();
      }, CONFIRM_MS),
    );
    this.panel.refresh();
  }
}

/**
 * A number in groups of three, as people read it out.
 * @param {string} number
 * @returns {string}
 */
function spaced(number) {
  return /^\d{9,}$/.test(number) ? number.replace(/(\d{3})(?=\d{3})/g, "$1 ") : number;
}

customElements.define("call-view", CallView);
