/** How a laptop is shown here: by the room's cable, from one's seat in the meeting, or with the room's camera and sound on it; where a switch can, they are given to it from here. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { calling, laptopWords, lent, spaced, spoken } from "../lib/labels.js";
import { button } from "./parts.js";

const CODE = "/api/v1/meeting/code";
const PATIENCE_MS = 6000;
const SWITCH_MS = 20000;
const TURN_MS = 15000;

export class ShareSheet extends HTMLElement {
  /** @type {string | null} the meeting that the code is of */ #coded = null;
  /** @type {Room | null} */ #room = null;
  #switching = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.picture = h("img", { alt: "", draggable: "false" });
    this.picture.addEventListener("error", () => show(this.picture, false));
    this.steps = h("ol", { class: "steps-said" });
    this.stateIcon = icon("screen");
    this.stateWords = h("span");
    this.state = h("p", { class: "hint", role: "status" }, this.stateIcon, this.stateWords);
    this.onScreen = button("screen", "share.show", "key primary", () => void this.#show());
    this.cable = h("section", {}, words(h("h2"), "share.cable"), this.picture, this.steps, this.state, this.onScreen);
    this.code = named(h("img", { class: "code", draggable: "false" }), "share.code");
    this.number = h("b");
    this.numbered = h("p", { class: "number-said" }, words(h("span"), "share.number"), this.number);
    this.how = h("p");
    this.start = button("meeting", "blocked.start", "key", () => panel.begin());
    this.enter = button("keypad", "home.enter", "key", () => panel.open("join"));
    this.ways = h("div", { class: "ways" }, this.start, this.enter);
    this.seat = h("section", {}, words(h("h2"), "share.seat"), h("div", { class: "scan" }, this.code, this.numbered), this.how, this.ways);
    this.usbSteps = h("ol", { class: "steps-said" });
    this.usb = h("section", {}, words(h("h2"), "share.usb"), this.usbSteps, words(h("p", { class: "hint" }), "share.usb_leave"));
    this.laptop = new LaptopCard(panel);
    this.body = h("div", { class: "body" }, this.cable, this.seat, this.laptop, this.usb);
    this.append(this.body);
  }

  /** Begin anew. */
  reset() {
    this.#coded = null;
    show(this.picture, true);
  }

  /** @param {Room} room */
  update(room) {
    this.#room = room;
    const { share, meeting } = room;
    const cable = (share?.cable ?? []).map(spoken);
    show(this.cable, cable.length > 0 || Boolean(share?.picture));
    attribute(this.picture, "src", share?.picture ?? null);
    if (!share?.picture) show(this.picture, false);
    lines(this.steps, cable);
    this.#cabled(room);
    const usb = (share?.usb ?? []).map(spoken);
    this.laptop.update(room);
    show(this.usb, usb.length > 0 && !room.byom);
    lines(this.usbSteps, usb);
    const within = calling(meeting);
    if (within && this.laptop.nextElementSibling !== this.usb) this.usb.before(this.laptop);
    else if (!within && this.body.firstElementChild !== this.laptop) this.body.prepend(this.laptop);
    show(this.numbered, within && Boolean(meeting.number));
    text(this.number, spaced(meeting.number ?? ""));
    text(this.how, t(within ? (room.audio.reason === "laptop" ? "share.how_laptop" : "share.how") : "share.how_later"));
    show(this.ways, !within);
    show(this.start, room.platforms.some((platform) => platform.new));
    const now = within ? `${meeting.platform} ${meeting.number} ${meeting.since}` : "";
    if (now !== this.#coded) void this.#fetch(now);
  }

  /** Whether the cable's input is the one that the display shows, as the display says. @param {Room} room */
  #cabled({ share, displays = [] }) {
    const display = displays.find(({ name }) => name === share?.display);
    const known = display !== undefined && display.power === "on" && display.input !== null;
    const shown = known && display.input === share?.input;
    show(this.state, known);
    redraw(this.stateIcon, shown ? "check" : "screen");
    text(this.stateWords, t(shown ? "share.is_shown" : "share.not_shown"));
    show(this.onScreen, display !== undefined && !shown && this.panel.may("display.input"));
    attribute(this.onScreen, "aria-busy", this.#switching);
  }

  /** Have the display show the cable's input. */
  async #show() {
    const { display, input } = this.#room?.share ?? {};
    if (this.#switching || !display || !input) return;
    this.#switching = true;
    this.panel.refresh();
    await this.panel.ask("display.input", { display, input }, SWITCH_MS);
    this.#switching = false;
    this.panel.refresh();
  }

  /** Fetch the code of the meeting. @param {string} of */
  async #fetch(of) {
    this.#coded = of;
    show(this.code, false);
    if (of === "") return;
    try {
      const answer = await fetch(CODE, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (answer.status !== 200 || this.#coded !== of) return;
      this.code.src = `data:image/svg+xml,${encodeURIComponent(await answer.text())}`;
      show(this.code, true);
    } catch {
      this.#coded = null; // no connection: it is tried again
    }
  }
}

/** A laptop on the room's camera and speakerphone: who has them, what to do, and the key that turns the switch. */
class LaptopCard extends HTMLElement {
  #asking = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.stateIcon = icon("laptop");
    this.stateWords = h("span");
    this.state = h("p", { class: "hint", role: "status" }, this.stateIcon, this.stateWords);
    this.steps = h("ol", { class: "steps-said" });
    this.give = button("laptop", "byom.give", "key primary", () => void this.#ask("byom.give"));
    this.take = button("back", "byom.take", "key primary", () => void this.#ask("byom.take"));
    this.append(h("section", {}, words(h("h2"), "share.usb"), this.state, this.steps, this.give, this.take));
  }

  /** @param {Room} room */
  update(room) {
    const { byom, share, meeting } = room;
    show(this, Boolean(byom));
    if (!byom) return;
    const given = lent(room);
    const within = calling(meeting);
    redraw(this.stateIcon, byom.late ? "warning" : given ? "laptop" : "check");
    text(this.stateWords, this.#state(room));
    const own = (share?.usb ?? []).map(spoken);
    const plug = own.length > 0 ? own : [t("byom.plug")];
    const names = [byom.camera, byom.speakerphone].filter(Boolean).join(", ");
    const choose = names ? t("byom.choose_named", { names }) : t("byom.choose");
    lines(this.steps, given ? [choose, t("byom.done")] : [...plug, t("byom.touch"), choose]);
    show(this.steps, !within || given);
    const stuck = given || byom.holder === "unknown" || byom.requested === "room";
    show(this.give, !stuck && !within && this.panel.may("byom.give"));
    this.give.disabled = byom.plugged === false;
    show(this.take, stuck && this.panel.may("byom.take"));
    for (const key of [this.give, this.take]) attribute(key, "aria-busy", this.#asking || (byom.requested === "room" && !byom.late));
  }

  /** Who has them, as far as that is known. @param {Room} room */
  #state(room) {
    const { byom, meeting } = room;
    if (byom?.late) return t("byom.late");
    if (lent(room)) return byom?.holder === "laptop" ? laptopWords(room) : t("byom.asked");
    if (byom?.requested) return t(byom.requested === "room" ? "byom.coming" : "byom.going");
    if (byom?.holder === "unknown") return t("byom.unknown");
    if (calling(meeting)) return t("share.usb_leave");
    return t(byom?.plugged === false ? "byom.no_laptop" : "byom.here");
  }

  /** @param {"byom.give" | "byom.take"} what */
  async #ask(what) {
    if (this.#asking) return;
    this.#asking = true;
    this.panel.refresh();
    await this.panel.ask(what, {}, TURN_MS);
    this.#asking = false;
    this.panel.refresh();
  }
}

customElements.define("laptop-card", LaptopCard);

/**
 * @param {HTMLElement} list
 * @param {string[]} said
 */
function lines(list, said) {
  const numbered = said.map((line, place) => ({ line, place }));
  keyed(list, numbered, ({ place }) => String(place), () => h("li"), (item, { line }) => text(item, line));
}

customElements.define("share-sheet", ShareSheet);
