/** What keeps the room out of a meeting, what to do about it, and the ways that are left. The way to the room's display stands below it. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Meeting, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { say, t, words } from "../lib/i18n.js";
import { platformName } from "../lib/labels.js";
import { rejoinable } from "../lib/sentences.js";
import { button, LaterView, OPEN_MS } from "./parts.js";

const PRESS_MS = 8000;

/**
 * Whether a person has to do something before the room can be in the meeting.
 * @param {Meeting} meeting
 * @returns {boolean}
 */
export function isBlocked(meeting) {
  return meeting.shown === true && (["failed", "prejoin"].includes(meeting.state) || meeting.can_enter_passcode === true);
}

/**
 * Whether the room's display can be touched from here.
 * @param {Panel} panel
 * @param {Meeting} meeting
 */
export function reaches(panel, { state, shown, remote_control: touched }) {
  return shown === true && touched === true && state !== "leaving" && !panel.phone;
}

/** Why the room's display cannot be touched from here. @param {Panel} panel */
function cannotWords(panel) {
  return t(panel.phone ? "blocked.phone" : "blocked.no_remote_control");
}

/** What presses Join on the room's display, where that is known; or why nobody can from here. */
export class JoinControls extends HTMLElement {
  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.join = button("hand", "remote_control.join", "key", () => void panel.ask("meeting.press_join", {}, PRESS_MS));
    this.cannot = h("p", { class: "hint" });
    this.append(this.join, this.cannot);
  }

  /**
   * Returns whether it presses Join.
   * @param {Meeting} meeting
   * @param {boolean} first whether something is to be done on the display now
   */
  update(meeting, first) {
    const within = reaches(this.panel, meeting);
    const joins = within && meeting.can_press_join === true && ["prejoin", "unknown"].includes(meeting.state);
    const cannot = first && meeting.shown === true && !within;
    show(this, joins || cannot);
    show(this.join, joins);
    this.join.classList.toggle("primary", first);
    text(this.cannot, cannot ? cannotWords(this.panel) : "");
    return joins;
  }
}

/** The ways to meet that are left without this page: once more, another link or platform, and numbers to dial. */
export class OtherWays extends HTMLElement {
  #moving = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.again = button("meeting", "blocked.again", "key", () => void this.#go("meeting.rejoin"));
    this.otherWords = h("span", { class: "label" });
    this.other = h("button", { type: "button", class: "key", onclick: () => void this.#go("meeting.fallback") }, icon("other"), this.otherWords);
    this.numbers = h("ul", { class: "numbers" });
    this.dial = h("section", { class: "dial" }, h("h2", {}, icon("dial"), words(h("span"), "blocked.dial")), this.numbers);
    this.append(this.again, this.other, this.dial);
  }

  /** @param {Room} room */
  update(room) {
    const { fallback, dial = [], state } = room.meeting;
    show(this.again, rejoinable(room.meeting));
    show(this.other, Boolean(fallback) && state === "failed");
    if (fallback) text(this.otherWords, t(fallback.way === "link" ? "blocked.other_link" : "blocked.other_new", { platform: platformName(room, fallback.platform) }));
    keyed(this.numbers, dial.slice(0, 3), (one) => one, () => h("li"), (line, one) => text(line, one));
    show(this.dial, dial.length > 0);
  }

  /** @param {"meeting.rejoin" | "meeting.fallback"} way */
  async #go(way) {
    if (this.#moving || !this.panel.mayBegin()) return;
    this.#moving = true;
    await this.panel.ask(way, {}, OPEN_MS);
    this.#moving = false;
  }
}

/** Why nothing on the page helps any more: what is left is another meeting. */
const DEAD = ["not_found", "service_ended"];

export class BlockedCard extends HTMLElement {
  static observedAttributes = ["hidden"];
  #asked = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.what = h("h1");
    this.todo = h("p", { class: "todo" });
    this.out = new OtherWays(panel);
    this.start = button("meeting", "blocked.start", "key", () => panel.begin());
    this.another = button("keypad", "blocked.enter_id", "key", () => panel.open("join"));
    this.help = button("help", "blocked.help", "key", () => panel.open("help"));
    this.pad = new LaterView(async () => new (await import("./passcode.js")).PasscodePad(panel));
    this.cannot = h("p", { class: "hint" });
    this.append(this.what, this.todo, this.cannot, h("div", { class: "ways" }, this.out.again, this.out.other), h("div", { class: "out" }, this.start, this.another, this.help), this.out.dial, this.pad);
  }

  /**
   * Returns whether the first thing to do stands here.
   * @param {Room} room
   */
  update(room) {
    const { meeting } = room;
    const failed = meeting.state === "failed";
    show(this.what, failed);
    text(this.what, failed ? say("blocked", meeting.failure) : "");
    text(this.todo, failed ? say("blocked.do", meeting.failure) : "");
    text(this.cannot, failed && !reaches(this.panel, meeting) ? cannotWords(this.panel) : "");
    this.out.update(room);
    const dead = failed && DEAD.includes(meeting.failure ?? "");
    show(this.start, dead && !meeting.fallback && room.platforms.some((one) => one.new));
    for (const key of [this.another, this.help]) show(key, failed);
    const anew = failed && meeting.failure === "crashed" && meeting.rejoin === true; // on the screen nothing is left to do
    this.out.again.classList.toggle("primary", anew);
    this.another.classList.toggle("primary", dead);
    const asks = meeting.can_enter_passcode === true && !this.panel.phone && this.panel.may("meeting.enter_passcode");
    if (asks && !this.#asked) void this.pad.begin(() => this.panel.refresh());
    this.#asked = asks;
    show(this.pad, asks);
    attribute(this, "data-asks", asks && !this.pad.empty);
    this.pad.update(room);
    return dead || anew || (asks && !this.pad.empty);
  }

  /** Whoever comes to the next page finds nothing of what was typed for this one. */
  attributeChangedCallback() {
    if (!this.hidden) return;
    this.#asked = false;
    /** @type {{reset?: () => void} | null} */ (this.pad?.firstElementChild)?.reset?.();
  }
}

customElements.define("join-controls", JoinControls);
customElements.define("other-ways", OtherWays);
customElements.define("blocked-card", BlockedCard);
