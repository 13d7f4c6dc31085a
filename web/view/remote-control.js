/** The room's display in the panel's hands: a live picture to touch, keys to strike, a text to type. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Arguments, Room } from "../lib/types.js" */
/** @import { IconName } from "../lib/icon.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { callState, inMeeting, walking } from "../lib/labels.js";
import { KeyBoard } from "./keyboard.js";
import { ScreenPreview } from "./screen-preview.js";
import { button, glyph } from "./parts.js";
import { WalkthroughPlace } from "./walkthrough-place.js";

const DO_MS = 8000; // a touch that reaches nothing is given up by the room after 6 s
const LONGEST = 256;

export class RemoteControlSheet extends HTMLElement {
  #typing = false;
  /** Whether the next touch takes a picture to be named, and presses nothing. */ #picking = false;
  #busy = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.preview = new ScreenPreview(panel, {
      press: (spot) => (this.#picking ? this.#pick(spot) : this.#do("screen.press", { ...spot })),
      scroll: (spot, notches) => this.#scroll(spot, notches),
    });
    const turn = (/** @type {number} */ notches) => () => void this.#scroll({ x: 0.5, y: 0.5 }, notches);
    this.strokes = named(
      h("div", { class: "strokes", role: "group" },
        glyph("arrow", "remote_control.up", "key turn-up", turn(-3)),
        glyph("arrow", "remote_control.down", "key turn-down", turn(3)),
        this.#stroke("back_tab", "remote_control.back_tab"),
        this.#stroke("tab", "remote_control.tab"),
        this.#stroke("space", "remote_control.space"),
        this.#stroke("enter", "remote_control.enter"),
        this.#stroke("escape", "remote_control.escape"),
        this.#stroke("backspace", "remote_control.backspace"),
        this.#stroke("back", "remote_control.page_back", "back"),
      ),
      "remote_control.keys",
    );
    this.stateIcon = icon("wait");
    this.stateWords = h("span");
    this.state = h("p", { class: "badge", role: "status" }, this.stateIcon, this.stateWords);
    this.write = button("keyboard", "remote_control.write", "key write-text", () => this.#turn(true));
    this.close = button("erase", "remote_control.close_window", "key close-window", () => void this.#do("screen.close_window"));
    this.join = button("hand", "remote_control.join", "key primary", () => void this.#do("meeting.press_join"));
    this.walk = new WalkthroughPlace(panel, true);
    this.name = button("unknown", "remote_control.name", "key name-page", () => this.#turnPicking(!this.#picking));
    this.tools = h("div", { class: "tools" }, this.state, this.walk, this.name, this.write, this.close, this.join);
    this.field = named(h("input", { type: "text", name: "typed", autocomplete: "off", autocapitalize: "off", autocorrect: "off", spellcheck: "false", maxlength: LONGEST }), "remote_control.text");
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) void this.#send(true);
      if (event.key === "Escape") this.#turn(false);
    });
    this.field.addEventListener("input", () => this.#able());
    this.type = words(h("button", { type: "button", class: "key", onclick: () => void this.#send(false) }), "remote_control.type");
    this.enter = words(h("button", { type: "button", class: "key primary", onclick: () => void this.#send(true) }), "remote_control.type_enter");
    this.cancel = words(h("button", { type: "button", class: "key", onclick: () => this.#turn(false) }), "remote_control.cancel");
    this.board = new KeyBoard((change) => this.#edit(change));
    const line = h("div", { class: "entry" }, this.cancel, h("label", { class: "field" }, this.field), this.type, this.enter);
    this.typing = h("div", { class: "typing", hidden: true }, line, this.board);
    this.append(this.preview, this.strokes, this.tools, this.typing);
  }

  /** @param {Room} room */
  update(room) {
    const { meeting } = room;
    const state = callState(meeting);
    attribute(this.state, "data-tone", this.#picking ? "soon" : state.tone);
    redraw(this.stateIcon, this.#picking ? "hand" : state.icon);
    text(this.stateWords, t(this.#picking ? "remote_control.pick" : state.key));
    const within = meeting.remote_control === true && !this.panel.phone;
    const walk = walking(room);
    // A page that the room has passed, or handed over, was shown to it: its pictures may have names.
    const names = this.panel.may("walkthrough.pick") && !["showing", "shown", "joining"].includes(walk);
    show(this.name, names);
    if (!names || !within) this.#picking = false;
    attribute(this.name, "aria-pressed", String(this.#picking));
    show(this.state, this.#picking || !this.#says(walk));
    for (const other of [this.walk, this.write]) show(other, !this.#picking);
    show(this.join, !this.#picking && meeting.can_press_join === true && !inMeeting(meeting) && !this.#says(walk));
    show(this.close, !this.#picking && meeting.covered === true);
    // The room closes no window in which the call may be; before a call, the one in front may be its page.
    words(/** @type {HTMLElement} */ (this.close.lastElementChild), `remote_control.close_window${inMeeting(meeting) ? "_in_call" : ""}`);
    for (const key of [this.write, this.close, this.join, this.name, ...this.strokes.querySelectorAll("button")]) key.disabled = !within;
    this.walk.update(room);
    this.preview.update();
  }

  /**
   * Whether the line about a walkthrough takes the place of the meeting's state.
   * @param {Room["walkthrough"]["state"]} walk
   */
  #says(walk) {
    return !this.walk.empty && ["joining", "showing", "shown"].includes(walk);
  }

  /**
   * Show the display, or no longer; may be said as often as one likes.
   * @param {boolean} open whether this sheet is the one that is shown
   * @param {boolean} usable whether it may be touched now
   */
  watch(open, usable) {
    this.preview.watch(open && usable);
    if (open) return;
    this.preview.forget();
    this.field.value = "";
    this.#picking = false;
    this.#turn(false);
  }

  /** @param {boolean} picking */
  #turnPicking(picking) {
    this.#picking = picking;
    this.panel.refresh();
  }

  /** Take the picture of what was touched, and ask what it says. @param {{x: number, y: number}} spot */
  async #pick(spot) {
    const done = await this.#do("walkthrough.pick", { ...spot });
    if (done) this.panel.open("page_name");
    return done;
  }

  /**
   * @param {Arguments["screen.key"]["key"]} key
   * @param {string} name
   * @param {IconName} [mark]
   */
  #stroke(key, name, mark) {
    const strike = () => void this.#do("screen.key", { key });
    if (mark) return button(mark, name, "key across", strike);
    return words(h("button", { type: "button", class: "key", onclick: strike }), name);
  }

  /**
   * @template {keyof Arguments} T
   * @param {T} type
   * @param {Arguments[T]} [args]
   * @returns {Promise<boolean>} whether it was done
   */
  async #do(type, args) {
    const outcome = await this.panel.ask(type, args, DO_MS);
    this.preview.hurry();
    return outcome.status === "done";
  }

  /**
   * @param {{x: number, y: number}} spot
   * @param {number} notches
   */
  #scroll(spot, notches) {
    return this.#do("screen.scroll", { ...spot, steps: Math.abs(notches), down: notches > 0 });
  }

  /**
   * Type the text where the page has its focus, and forget it here.
   * @param {boolean} enter
   */
  async #send(enter) {
    const typed = this.field.value;
    if (typed === "" || this.#busy) return;
    this.#busy = true;
    this.#able();
    const done = await this.#do("screen.type", { text: typed });
    this.#busy = false;
    if (done) {
      this.field.value = "";
      this.#turn(false);
      if (enter) await this.#do("screen.key", { key: "enter" });
    }
    this.#able();
  }

  /** @param {(text: string) => string} change */
  #edit(change) {
    this.field.value = change(this.field.value).slice(0, LONGEST);
    this.#able();
  }

  #able() {
    const able = this.field.value !== "" && !this.#busy;
    for (const key of [this.type, this.enter]) key.disabled = !able;
    attribute(this.enter, "aria-busy", this.#busy);
  }

  /** @param {boolean} typing */
  #turn(typing) {
    if (typing === this.#typing) return;
    this.#typing = typing;
    attribute(this, "data-typing", typing);
    show(this.typing, typing);
    this.board.reset();
    this.#able();
    if (!typing) return this.panel.refresh();
    attribute(this.field, "inputmode", this.board.offsetWidth > 0 ? "none" : "text");
    this.field.focus();
  }
}

customElements.define("remote-control", RemoteControlSheet);
