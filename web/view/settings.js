/** What staff set at a panel, behind their PIN: how the cameras see, this panel, what was shown and reported, restarts. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Device, Issue, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { keep, kept } from "../lib/kept.js";
import { LANGUAGES, named, say, t, words } from "../lib/i18n.js";
import { deviceName } from "../lib/labels.js";
import { button } from "./parts.js";

const THEMES = /** @type {const} */ (["auto", "light", "dark", "contrast"]);
const SURE_MS = 5000;
const RESTART_MS = 30000; // a device may take 20 s to answer again

export class StaffSettings extends HTMLElement {
  /** @type {string | null} what the next touch restarts */ #armed = null;
  #arming = 0;
  /** @type {Set<string>} what is being restarted */ #busy = new Set();

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.image = button("settings", "settings.image", "key", () => this.#openCamera());
    this.mirror = this.#chip("settings.mirror", () => {
      keep("mirror", kept("mirror") === "on" ? null : "on");
      this.panel.refresh();
    });
    this.cameras = this.#section("settings.cameras", this.image, h("div", { class: "chips" }, this.mirror));
    this.languages = /** @type {const} */ (["", ...LANGUAGES]).map((one) => {
      const chip = this.#chip(one ? `settings.language.${one}` : "settings.language.room", () => this.panel.keepLanguage(one || null));
      attribute(chip, "data-language", one);
      return chip;
    });
    this.language = this.#section("settings.language", named(h("div", { class: "chips", role: "group" }, ...this.languages), "settings.language"));
    this.themes = THEMES.map((theme) => {
      const chip = this.#chip(`settings.theme.${theme}`, () => void this.panel.ask("look.set_theme", { theme }));
      attribute(chip, "data-chosen", theme);
      return chip;
    });
    this.theme = this.#section("settings.theme", named(h("div", { class: "chips", role: "group" }, ...this.themes), "settings.theme"));
    this.pages = button("screen", "walkthroughs.open", "key", () => panel.open("walkthroughs"));
    this.shown = this.#section("settings.pages", this.pages);
    this.list = h("ul", { class: "devices" });
    this.reports = this.#section("settings.reports", this.list);
    this.later = this.#restarter("settings.restart_free", "room", () => void this.panel.ask("room.restart", { when: "free" }));
    this.now = this.#restarter("settings.restart_now", "now", () => void this.panel.ask("room.restart", { when: "now" }));
    this.never = words(h("button", { type: "button", class: "key", onclick: () => void this.panel.ask("room.restart", { when: "never" }) }), "settings.restart_never");
    this.waits = words(h("p", { class: "hint" }), "settings.restart_waits");
    this.devices = h("ul", { class: "devices" });
    this.restart = this.#section("settings.restart", this.waits, h("div", { class: "choices" }, this.later, this.now, this.never), this.devices);
    this.append(this.cameras, this.language, this.theme, this.shown, this.reports, this.restart);
  }

  /** Begin anew. */
  reset() {
    this.#arm(null);
  }

  /** @param {Room} room */
  update(room) {
    const { panel } = this;
    show(this.cameras, room.cameras.length > 0);
    show(this.image, panel.may("camera.name"));
    attribute(this.mirror, "aria-pressed", String(kept("mirror") === "on"));
    const language = kept("language") ?? "";
    for (const chip of this.languages) attribute(chip, "aria-pressed", String(chip.getAttribute("data-language") === language));
    show(this.theme, panel.may("look.set_theme"));
    for (const chip of this.themes) attribute(chip, "aria-pressed", String(chip.getAttribute("data-chosen") === (room.look?.theme ?? "auto")));
    show(this.shown, panel.may("walkthrough.begin"));
    this.#reported(room.issues.filter(({ code }) => code === "help"));
    const restarts = panel.may("room.restart");
    show(this.restart, restarts);
    const waits = room.maintenance?.restart_waits === true;
    for (const part of [this.waits, this.never]) show(part, waits);
    show(this.later, !waits);
    for (const [key, what] of /** @type {const} */ ([[this.later, "room"], [this.now, "now"]])) this.#mark(key, what, what === "now" ? "settings.restart_now" : "settings.restart_free");
    keyed(this.devices, restarts ? room.devices : [], (one) => one.name, (one) => this.#line(one), (line, one) => {
      text(line.children[0], deviceName(one.name, room.devices));
      text(line.children[1], t(`status.${one.status}`));
      const key = /** @type {HTMLElement} */ (line.children[2]);
      this.#mark(key, one.name, "settings.restart_device");
      attribute(key, "aria-busy", this.#busy.has(one.name));
    });
  }

  /** @param {Issue[]} reports */
  #reported(reports) {
    show(this.reports, reports.length > 0 && this.panel.may("help.close"));
    keyed(this.list, reports, ({ subject }) => subject, ({ subject }) => this.#report(Number(subject)), (line, { params, since }) => {
      text(line.children[0], t("report.open", { about: say("report.about", String(params.about)), time: this.panel.clock.hourMinute(since) }));
    });
  }

  /** @param {number} number */
  #report(number) {
    const close = words(h("button", { type: "button", class: "key", onclick: () => void this.panel.ask("help.close", { number }) }), "settings.close");
    return h("li", {}, h("span"), close);
  }

  /** @param {Device} device */
  #line({ name }) {
    const key = h("button", { type: "button", class: "key danger", onclick: () => this.#sure(name, () => void this.#restartDevice(name)) });
    return h("li", {}, h("span"), h("b"), key);
  }

  /** @param {string} device */
  async #restartDevice(device) {
    if (this.#busy.has(device)) return;
    this.#busy.add(device);
    this.panel.refresh();
    const outcome = await this.panel.ask("device.restart", { device }, RESTART_MS);
    this.#busy.delete(device);
    if (outcome.status === "done") this.panel.tell(t(outcome.result?.online ? "settings.is_back" : "settings.is_away"), outcome.result?.online ? "check" : "warning");
    this.panel.refresh();
  }

  /** The image's settings stand on the camera's own sheet. */
  #openCamera() {
    this.panel.open("camera");
    this.panel.camera.setting = true;
    this.panel.refresh();
  }

  /**
   * @param {string} key
   * @param {string} what
   * @param {() => void} act
   */
  #restarter(key, what, act) {
    return words(h("button", { type: "button", class: "key danger", onclick: () => this.#sure(what, act) }), key);
  }

  /**
   * The second touch restarts, if it comes soon.
   * @param {string} what
   * @param {() => void} act
   */
  #sure(what, act) {
    const sure = this.#armed === what;
    this.#arm(sure ? null : what);
    if (sure) act();
  }

  /**
   * @param {HTMLElement} key
   * @param {string} what
   * @param {string} says
   */
  #mark(key, what, says) {
    const armed = this.#armed === what;
    attribute(key, "data-armed", armed);
    text(key, t(armed ? "settings.sure" : says));
  }

  /** @param {string | null} what */
  #arm(what) {
    clearTimeout(this.#arming);
    this.#armed = what;
    if (what) this.#arming = Number(setTimeout(() => this.#arm(null), SURE_MS));
    this.panel.refresh();
  }

  /**
   * @param {string} key
   * @param {() => void} act
   */
  #chip(key, act) {
    return words(h("button", { type: "button", class: "chip", onclick: act }), key);
  }

  /**
   * @param {string} key
   * @param {...Node} parts
   */
  #section(key, ...parts) {
    return h("section", {}, words(h("h2"), key), ...parts);
  }
}

customElements.define("staff-settings", StaffSettings);
