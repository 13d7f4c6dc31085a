/** The room in a call: its state in words, the camera, mute, volume, and leaving by two touches. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t } from "../lib/i18n.js";
import { microphone, talkingWords } from "../lib/labels.js";
import { sentences } from "../lib/sentences.js";
import { AudioBar } from "./audio.js";
import { CameraPad } from "./camera.js";
import { TroubleNote } from "./home.js";
import { isBlocked, BlockedCard, JoinControls } from "./blocked.js";
import { button, walking, WalkthroughPlace } from "./parts.js";

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
    this.talk = h("p", { class: "talk", role: "status", hidden: true });
    this.trouble = new TroubleNote(panel);
    this.way = new JoinControls(panel);
    this.about = h("section", { class: "about" }, this.state, this.talk, this.hint, this.trouble);
    this.camera = new CameraPad(panel, false);
    this.side = h("div", { class: "beside" }, this.about, this.camera);
    this.blocked = new BlockedCard(panel);
    this.audio = new AudioBar(panel);
    this.leaveWords = h("span", { class: "label" });
    this.leaveHint = h("span", { class: "hint" });
    this.leave = h("button", { type: "button", class: "key leave", onclick: () => void this.touchLeave() }, icon("leave"), this.leaveWords);
    this.said = h("p", { class: "unseen", role: "status" }, this.leaveHint);
    this.adjust = button("settings", "camera.adjust", "key adjust", () => panel.open("camera"));
    this.share = button("share", "share.title", "key share-key", () => panel.open("share"));
    this.dock = named(h("nav", { class: "dock" }, this.adjust, this.share, this.way, this.leave, this.said), "home.controls");
    this.walk = new WalkthroughPlace(panel, false);
    this.append(this.blocked, this.audio, this.side, this.walk, this.dock);
  }

  /** @param {Room} room */
  update(room) {
    const { meeting } = room;
    const walk = walking(room);
    const walks = walk === "joining" && (meeting.state === "prejoin" || meeting.state === "unknown");
    const said = sentences(room, this.panel.clock, walks);
    const state = said.call;
    attribute(this.state, "data-tone", state.tone);
    redraw(this.stateIcon, state.icon);
    text(this.stateWords, t(state.key));
    text(this.hint, said.hint);
    attribute(this.hint, "data-moved", said.moved);
    const blocked = isBlocked(meeting) && !walks;
    const first = meeting.state === "unknown" && !walks;
    attribute(this, "data-blocked", blocked);
    show(this.camera, !blocked && walk !== "handed_over");
    show(this.blocked, blocked);
    show(this.way, !blocked);
    show(this.adjust, room.cameras.length > 0);
    show(this.share, !this.panel.phone);
    if (blocked) this.blocked.update(room);
    else this.way.update(meeting, first || walk === "handed_over");
    const stands = blocked ? this.blocked : this.about; // the state is said in every view of a call
    if (this.state.parentElement !== stands) stands.prepend(this.state);
    // It moves only when it must: a key that is moved under a finger is not pressed.
    if (first && this.about.lastElementChild !== this.way) this.about.append(this.way);
    else if (!first && this.way.parentElement !== this.dock) this.leave.before(this.way);
    this.camera.update(room);
    this.walk.update(room);
    this.trouble.update(room, blocked ? "meeting" : this.camera.broken);
    this.audio.update(room);
    const { talking } = room.audio;
    show(this.talk, talking);
    // One of them at a time, where each has its place: who speaks unheard, what is broken, what is known of the call.
    if (talking) show(this.trouble, false);
    show(this.hint, !talking && this.trouble.hidden);
    text(this.talk, talking ? talkingWords(room.audio) : "");
    this.drawLeave(room);
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
