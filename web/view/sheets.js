/** The plain sheets: help, and the choice of a platform for a new meeting. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Device, Display, Platform, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, t, words } from "../lib/i18n.js";
import { deviceFacts, deviceName, hasSound, inputName, platformName, problem, problems } from "../lib/labels.js";
import { button, LaterView, OPEN_MS } from "./parts.js";
import { OtherWays } from "./blocked.js";

/** What is wrong in words, what to do, and whom to call. Says something even without a connection. */
export class HelpSheet extends HTMLElement {
  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.good = h("p", { class: "good" }, icon("check"), words(h("span"), "help.good"));
    this.cut = h("li", {}, icon("warning"), h("p", {}, words(h("b"), "help.offline"), words(h("span"), "help.offline_todo")));
    this.silent = h("li", {}, icon("warning"), h("p", {}, words(h("b"), "help.no_sound"), words(h("span"), "help.no_sound_todo")));
    this.list = h("ul", { class: "wrongs" });
    this.ways = new OtherWays(panel);
    this.contact = h("p", { class: "contact" });
    this.place = h("p");
    this.fingerprint = h("p", { class: "fingerprint" }, words(h("span"), "help.fingerprint"), " ", h("code"));
    this.devices = h("ul", { class: "devices" });
    this.staff = button("key", "staff.open", "key small", () => panel.elevate());
    this.signIn = h("a", { class: "key small", href: "/facilities", onclick: () => sessionStorage.setItem("from-panel", "1") }, icon("person"), words(h("span"), "staff.sign_in"));
    this.report = new LaterView(async () => new (await import("./report.js")).ReportCard(panel));
    const wrong = h("section", { class: "faults" }, this.good, h("ul", { class: "wrongs" }, this.cut, this.silent), this.list, this.ways, this.contact);
    const known = h("section", {}, words(h("h2"), "help.devices"), this.devices);
    this.append(h("div", { class: "body", tabindex: 0 }, wrong, this.report, known, h("section", {}, this.place, this.fingerprint, this.staff, this.signIn)));
  }

  /** Have the report at hand before the connection is lost, and send what was kept meanwhile. */
  attend() {
    const card = /** @type {import("./report.js").ReportCard | null} */ (this.report.view);
    if (card) void card.flush();
    else void this.report.begin(() => this.panel.refresh());
  }

  /** @param {Room} room */
  update(room) {
    const { identity } = room;
    show(this.staff, this.panel.staff?.pin === true && !this.panel.staff.role);
    show(this.signIn, this.panel.signIn && !this.panel.phone);
    const found = problems(room);
    const silent = !hasSound(room);
    show(this.good, found.length === 0 && !this.panel.stale && !silent);
    show(this.silent, silent);
    show(this.cut, this.panel.stale);
    keyed(this.list, found, (issue) => `${issue.code} ${issue.subject}`, () => h("li", {}, icon("warning"), h("p", {}, h("b"), h("span"))), (line, issue) => {
      const said = problem(issue, room);
      text(/** @type {Element} */ (line.querySelector("b")), said.what);
      text(/** @type {Element} */ (line.querySelector("span")), said.todo);
    });
    show(this.report, this.panel.may("help.report"));
    this.report.update(room);
    show(this.ways, room.meeting.state === "failed" && !room.meeting.shown && !this.panel.stale);
    this.ways.update(room);
    text(this.contact, identity.help ? t("help.contact", { help: identity.help }) : t("help.no_contact"));
    text(this.place, t("help.room", { room: [identity.display_name, identity.building, identity.floor_label].filter(Boolean).join(" · ") }));
    const { fingerprint = "" } = identity;
    show(this.fingerprint, fingerprint !== "");
    text(/** @type {Element} */ (this.fingerprint.querySelector("code")), (fingerprint.replace("sha256:", "").toUpperCase().match(/.{4}/g) ?? []).join(" "));
    keyed(this.devices, room.devices, (device) => device.name, ({ kind }) => h("li", {}, icon("check"), h("span", {}, h("span"), h("small")), h("b"), kind === "display" ? new DisplayControls(this.panel) : ""), (line, device) => this.#device(line, device, room));
  }

  /**
   * @param {HTMLElement} line
   * @param {Device} device
   * @param {Room} room
   */
  #device(line, device, room) {
    const icons = /** @type {const} */ ({ online: "check", offline: "warning", starting: "wait", laptop: "laptop" });
    const status = device.reason === "laptop" ? "laptop" : device.status;
    redraw(line.children[0], icons[status]);
    text(line.children[1].children[0], deviceName(device.name, room.devices));
    text(line.children[1].children[1], deviceFacts(device, room));
    text(line.children[2], t(`status.${status}`));
    attribute(line, "data-status", status);
    if (line.lastElementChild instanceof DisplayControls) line.lastElementChild.update(device, room);
  }
}

/** What one display does, for whoever may. */
class DisplayControls extends HTMLElement {
  #name = "";

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.on = this.#chip("display.on", () => void panel.ask("display.power", { display: this.#name, on: true }));
    this.off = this.#chip("display.off", () => void panel.ask("display.power", { display: this.#name, on: false }));
    this.picture = this.#chip("display.hide", () => void panel.ask("display.picture_mute", { display: this.#name, on: this.picture.ariaPressed !== "true" }));
    this.power = named(h("div", { class: "chips", role: "group" }, this.on, this.off, this.picture), "display.power");
    this.inputs = named(h("div", { class: "chips", role: "group" }), "display.input");
    this.append(this.power, this.inputs);
  }

  /**
   * @param {Device} device
   * @param {Room} room
   */
  update(device, room) {
    const display = device.status === "online" && (room.displays ?? []).find(({ name }) => device.name === `display.${name}`);
    show(this, !!display && this.panel.may("display.power"));
    if (!display) return;
    this.#name = display.name;
    this.#switched(display);
    show(this.picture, display.picture_muted !== null);
    attribute(this.picture, "aria-pressed", String(display.picture_muted));
    const inputs = display.power === "on" && display.inputs.length > 1 ? display.inputs : [];
    show(this.inputs, inputs.length > 0);
    keyed(this.inputs, inputs, (input) => input, (input) => h("button", { type: "button", class: "chip", onclick: () => void this.panel.ask("display.input", { display: this.#name, input }) }), (chip, input) => {
      text(chip, inputName(input));
      attribute(chip, "aria-pressed", String(input === display.input));
    });
  }

  /** What was asked for is waited for. @param {Display} display */
  #switched(display) {
    const says = { on: true, warming: true, off: false, cooling: false, unknown: null }[display.power];
    for (const [chip, on] of /** @type {const} */ ([[this.on, true], [this.off, false]])) {
      attribute(chip, "aria-pressed", String((display.requested_on ?? says) === on));
      attribute(chip, "aria-busy", display.requested_on === on ? "true" : null);
    }
  }

  /**
   * @param {string} key
   * @param {() => void} act
   */
  #chip(key, act) {
    return words(h("button", { type: "button", class: "chip", onclick: act }), key);
  }
}

/** The platforms on which this room can begin a meeting. */
export class NewSheet extends HTMLElement {
  #asking = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.choices = h("div", { class: "choices" });
    this.append(h("div", { class: "body" }, words(h("h2"), "new.choose"), this.choices));
  }

  /** @param {Room} room */
  update(room) {
    const able = room.platforms.filter((platform) => platform.new);
    keyed(this.choices, able, (one) => one.key, (one) => h("button", { type: "button", class: "key big", onclick: () => void this.#begin(one) }), (key, one) => {
      text(key, platformName(room, one.key));
      attribute(key, "aria-busy", this.#asking);
    });
  }

  /** @param {Platform} platform */
  async #begin(platform) {
    if (this.#asking || !this.panel.mayBegin()) return;
    this.#asking = true;
    this.panel.refresh();
    await this.panel.ask("meeting.new", { platform: platform.key }, OPEN_MS);
    this.#asking = false;
    this.panel.refresh();
  }
}

customElements.define("display-controls", DisplayControls);
customElements.define("help-sheet", HelpSheet);
customElements.define("new-sheet", NewSheet);
