/** The room on its way into a call, in it, and out of it by two touches: its state in words, mute, volume, and beside them the camera or what is waited for. No key has two places. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { inMeeting, microphone, talkingWords, walking } from "../lib/labels.js";
import { sentences, STEPS } from "../lib/sentences.js";
import { AudioBar } from "./audio.js";
import { CameraPad } from "./camera.js";
import { TroubleNote } from "./home.js";
import { isBlocked, BlockedCard, JoinControls, reaches } from "./blocked.js";
import { button } from "./parts.js";
import { WalkthroughPlace } from "./walkthrough-place.js";

const CONFIRM_MS = 3000;
const LEAVE_MS = 25000; // the room itself gives up after 20 s

/** What has no camera to choose yet. */
const BEFORE = ["preparing", "prejoin", "joining", "lobby", "failed"];

export class CallView extends HTMLElement {
  #armed = 0;
  #before = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.stateIcon = icon("wait");
    this.stateWords = h("span");
    this.state = h("p", { class: "badge", role: "status" }, this.stateIcon, this.stateWords);
    this.waited = h("p", { class: "waited" });
    this.steps = h("ol", { class: "way-in" }, ...STEPS.map((step) => h("li", {}, h("i"), words(h("span"), `call.step.${step}`))));
    this.hint = h("p", { class: "hint" });
    this.talkWords = h("span", { role: "status" });
    this.hush = button("check", "talk.hush", "quiet", () => void panel.ask("audio.talk_hint", { on: false }));
    this.talk = h("div", { class: "talk", hidden: true }, this.talkWords, this.hush);
    this.trouble = new TroubleNote(panel);
    this.way = new JoinControls(panel);
    this.walk = new WalkthroughPlace(panel, false);
    this.about = h("section", { class: "about" }, this.state, this.steps, this.talk, this.hint, this.trouble, this.walk, this.way, this.waited);
    this.camera = new CameraPad(panel, false);
    this.blocked = new BlockedCard(panel);
    this.side = h("div", { class: "beside" }, this.about, this.blocked, this.camera);
    this.audio = new AudioBar(panel);
    this.leaveWords = h("span", { class: "label" });
    this.leaveHint = h("span", { class: "hint" });
    this.leave = h("button", { type: "button", class: "key leave", onclick: () => void this.touchLeave() }, icon("leave"), this.leaveWords);
    this.said = h("p", { class: "unseen", role: "status" }, this.leaveHint);
    this.adjust = button("settings", "camera.adjust", "key adjust", () => panel.open("camera"));
    this.share = button("share", "share.title", "key share-key", () => panel.open("share"));
    this.screen = button("screen", "blocked.open", "key screen-key", () => panel.open("remote_control"));
    this.dock = named(h("nav", { class: "dock" }, this.adjust, this.share, this.screen, this.leave, this.said), "home.controls");
    this.append(this.audio, this.side, this.dock);
  }

  /** @param {Room} room */
  update(room) {
    const { meeting } = room;
    const walk = walking(room);
    const walks = walk === "joining" && ["preparing", "prejoin", "joining", "unknown"].includes(meeting.state);
    const said = sentences(room, this.panel.clock, walks);
    const state = said.call;
    attribute(this.state, "data-tone", state.tone);
    redraw(this.stateIcon, state.icon);
    text(this.stateWords, t(state.key));
    text(this.hint, said.hint);
    attribute(this.hint, "data-moved", said.moved);
    text(this.waited, said.waited);
    this.#drawSteps(said.step, walks ? room.walkthrough : null);
    const blocked = isBlocked(meeting) && !walks;
    const handed = walk === "handed_over" && !inMeeting(meeting);
    const first = !walks && (blocked || handed || meeting.state === "unknown");
    if (meeting.state !== "leaving") this.#before = blocked || walks || handed || BEFORE.includes(meeting.state);
    attribute(this, "data-before", this.#before);
    show(this.camera, !this.#before);
    show(this.blocked, blocked && (meeting.state !== "prejoin" || meeting.dial.length > 0 || meeting.can_enter_passcode));
    show(this.adjust, room.cameras.length > 0);
    show(this.share, !this.panel.phone);
    show(this.screen, reaches(this.panel, meeting));
    const joins = this.way.update(meeting, first && meeting.state !== "failed");
    const leads = blocked && this.blocked.update(room);
    this.screen.classList.toggle("primary", first && !joins && !leads);
    this.camera.update(room);
    this.walk.update(room);
    show(this.walk, walk !== "joining" || walks || meeting.state === "failed"); // beyond the page it is over
    this.trouble.update(room, blocked ? "meeting" : this.camera.broken);
    this.audio.update(room);
    const talking = room.audio.talking_while_muted === true;
    show(this.talk, talking);
    // One of them at a time, where each has its place: who speaks unheard, what is broken, what is known of the call.
    if (talking) show(this.trouble, false);
    show(this.hint, !talking && this.trouble.hidden && !walks && meeting.state !== "failed");
    text(this.talkWords, talking ? talkingWords(room.audio) : "");
    show(this.hush, this.panel.may("audio.talk_hint"));
    this.drawLeave(room);
  }

  /**
   * The steps that are behind the room, and the one that it stands at.
   * @param {number | null} at
   * @param {Room["walkthrough"] | null} within what the room does at this one by itself
   */
  #drawSteps(at, within) {
    show(this.steps, at !== null);
    for (const [index, one] of [...this.steps.children].entries()) {
      const now = index === at;
      attribute(one, "data-past", at !== null && index < at);
      attribute(one, "aria-current", now ? "step" : null);
      const done = now && within?.steps ? (within.step ?? 0) / within.steps : 0;
      /** @type {HTMLElement} */ (one.firstElementChild).style.setProperty("--at", String(done));
    }
  }

  /** @param {Room} room */
  drawLeave({ meeting }) {
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

  /** Leave at the second touch. */
  async touchLeave() {
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

customElements.define("call-view", CallView);

/** Mute and Leave, while a sheet lies over the call. */
export class CallKeys extends HTMLElement {
  /** @param {CallView} call */
  constructor(call) {
    super();
    this.call = call;
    this.muteIcon = icon("mic");
    this.muteWords = h("span", { class: "label" });
    this.mute = h("button", { type: "button", class: "quiet hush", onclick: () => void call.audio.toggle() }, this.muteIcon, this.muteWords);
    this.leaveWords = h("span", { class: "label" });
    this.leave = h("button", { type: "button", class: "quiet danger", onclick: () => void call.touchLeave() }, icon("leave"), this.leaveWords);
    this.append(this.mute, this.leave);
  }

  /** @param {Room} room */
  update(room) {
    const { audio, leave, leaveWords } = this.call;
    audio.update(room);
    const state = audio.mute.getAttribute("data-state");
    redraw(this.muteIcon, state === "unknown" ? "unknown" : microphone(room.audio, this.call.panel.pendingMute).icon);
    text(this.muteWords, t(`mic.${state}`));
    attribute(this.mute, "data-state", state);
    attribute(this.mute, "aria-label", `${audio.state.textContent} ${audio.action.textContent}`);
    this.mute.disabled = audio.mute.disabled;
    this.call.drawLeave(room);
    text(this.leaveWords, leaveWords.textContent ?? "");
    attribute(this.leave, "data-armed", leave.getAttribute("data-armed") !== null);
    this.leave.disabled = leave.disabled;
  }
}

customElements.define("call-keys", CallKeys);
