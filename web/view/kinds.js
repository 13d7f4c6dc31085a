/** Devices of kinds that have no view of their own: what they say, and what can be done, by their declaration. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Arguments, Device, Room } from "../lib/types.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { learn, t } from "../lib/i18n.js";
import { deviceName } from "../lib/labels.js";

/** @typedef {{name: string, form: "switch" | "level" | "number" | "choice" | "text", unit: string, minimum: number | null, maximum: number | null, whole: boolean, choices: string[]}} Feature */
/** @typedef {{command: string, device: string | null, argument: Feature | null}} Control */
/** @typedef {{name: string, fields: Feature[], controls: Control[], words: Record<string, Record<string, string>>}} Kind */
/** @typedef {string | number | boolean | null} Value */
/** @typedef {(control: Control, value?: Value) => Promise<void>} Give */

const ACT_MS = 20000;

/** Ask for the kinds, and learn their words. @param {Panel} panel */
export async function kindsSheet(panel) {
  const answer = await fetch("/api/v1/kinds");
  if (!answer.ok) throw new Error(String(answer.status));
  const kinds = /** @type {Kind[]} */ (await answer.json());
  for (const { words } of kinds) learn(words);
  document.head.append(h("link", { rel: "stylesheet", href: new URL("../kinds.css", import.meta.url).href }));
  return new KindsSheet(panel, kinds);
}

export class KindsSheet extends HTMLElement {
  /** @param {Panel} panel @param {Kind[]} kinds */
  constructor(panel, kinds) {
    super();
    this.panel = panel;
    this.kinds = new Map(kinds.map((kind) => [kind.name, kind]));
    this.body = h("div", { class: "body" });
    this.append(this.body);
  }

  /** @param {Room} room */
  update(room) {
    const devices = room.devices.filter(({ kind }) => this.kinds.has(kind));
    keyed(this.body, devices, ({ name }) => name, ({ kind }) => new DeviceCard(this.panel, /** @type {Kind} */ (this.kinds.get(kind))), (card, device) => card.update(device, room));
  }
}

class DeviceCard extends HTMLElement {
  #device = "";
  /** @type {Control | null} what is being done */ #doing = null;

  /** @param {Panel} panel @param {Kind} kind */
  constructor(panel, kind) {
    super();
    this.panel = panel;
    this.kind = kind;
    const sets = new Set(kind.controls.map(({ argument }) => argument?.name));
    this.fields = kind.fields.filter(({ name }) => !sets.has(name));
    this.heading = h("h2");
    this.status = h("b", { class: "status" });
    this.facts = h("dl", {}, ...this.fields.map(() => h("div", {}, h("dt"), h("dd"))));
    /** @type {Give} */ const give = (control, value) => this.#give(control, value);
    const keys = kind.controls.filter(({ argument }) => !argument).map((control) => new PlainKey(kind, control, give));
    const chosen = kind.controls.flatMap((control) => (control.argument ? [new ValueControl(kind, control, control.argument, give)] : []));
    this.controls = [...keys, ...chosen];
    this.keys = h("div", { class: "keys" }, ...keys);
    this.append(h("header", {}, this.heading, this.status), this.facts, this.keys, ...chosen);
  }

  /** @param {Device} device @param {Room} room */
  update(device, room) {
    const { name } = this.kind;
    this.#device = device.name === name ? name : device.name.slice(name.length + 1);
    const section = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (room))[name];
    const entries = /** @type {Record<string, Value>[]} */ (section ?? []);
    const entry = entries.find((one) => one.name === this.#device) ?? {};
    const online = device.status === "online";
    text(this.heading, deviceName(device.name, room.devices));
    text(this.status, t(`status.${device.status}`));
    show(this.status, !online);
    show(this.facts, online && this.fields.length > 0);
    this.fields.forEach((field, place) => {
      const [label, value] = this.facts.children[place].children;
      text(label, t(`state.${name}.${field.name}`));
      text(value, said(this.kind, field, entry[field.name] ?? null));
    });
    for (const one of this.controls) {
      show(one, this.panel.may(one.control.command));
      one.update(entry, online && this.panel.ready, this.#doing === one.control);
    }
    show(this.keys, this.controls.some((one) => one instanceof PlainKey && !one.hidden));
  }

  /** @param {Control} control @param {Value} [value] */
  async #give(control, value) {
    if (this.#doing === control) return;
    this.#doing = control;
    this.panel.refresh();
    const args = { ...(control.device ? { [control.device]: this.#device } : {}), ...(control.argument ? { [control.argument.name]: value } : {}) };
    await this.panel.ask(/** @type {keyof Arguments} */ (control.command), /** @type {never} */ (args), ACT_MS);
    if (this.#doing === control) this.#doing = null;
    this.panel.refresh();
  }
}

/** A command that needs nothing but its device. */
class PlainKey extends HTMLElement {
  /** @param {Kind} kind @param {Control} control @param {Give} give */
  constructor(kind, control, give) {
    super();
    this.control = control;
    this.label = h("span", { class: "label" });
    this.key = h("button", { type: "button", class: "key", onclick: () => void give(control) }, this.label);
    this.words = commandKey(kind, control);
    this.append(this.key);
  }

  /** @param {Record<string, Value>} _entry @param {boolean} usable @param {boolean} busy */
  update(_entry, usable, busy) {
    text(this.label, t(this.words));
    this.key.disabled = !usable;
    attribute(this.key, "aria-busy", busy);
  }
}

/** A command with one value: a switch, a choice, or a level. */
class ValueControl extends HTMLElement {
  /** @type {number | null} where a finger has the level now */ #pulled = null;

  /** @param {Kind} kind @param {Control} control @param {Feature} argument @param {Give} give */
  constructor(kind, control, argument, give) {
    super();
    this.kind = kind;
    this.control = control;
    this.argument = argument;
    this.words = commandKey(kind, control);
    this.label = h("span");
    this.output = h("output");
    this.append(h("p", {}, this.label, this.output));
    /** @type {Value[]} */ this.values = argument.form === "switch" ? [true, false] : argument.choices;
    this.chips = this.values.map((value) => h("button", { type: "button", class: "chip", onclick: () => void give(control, value) }));
    const { minimum: min, maximum: max, whole } = argument;
    this.level = h("input", { type: "range", class: "slider", min, max, step: whole ? 1 : (Number(max) - Number(min)) / 100 });
    this.level.addEventListener("input", () => this.#pull(Number(this.level.value)));
    this.level.addEventListener("change", () => {
      this.#pull(null);
      void give(control, Number(this.level.value));
    });
    this.append(argument.form === "level" ? this.level : h("div", { class: "chips", role: "group" }, ...this.chips));
    this.told = kind.fields.some(({ name }) => name === argument.name);
  }

  /** @param {number | null} to */
  #pull(to) {
    this.#pulled = to;
    if (to !== null) this.#draw(to);
  }

  /** @param {Record<string, Value>} entry @param {boolean} usable @param {boolean} busy */
  update(entry, usable, busy) {
    const { argument } = this;
    const value = entry[argument.name] ?? null;
    text(this.label, t(this.words));
    attribute(this, "aria-busy", busy);
    for (const [place, chip] of this.chips.entries()) {
      text(chip, said(this.kind, argument, this.values[place]));
      attribute(chip, "aria-pressed", String(this.values[place] === value));
      chip.disabled = !usable;
    }
    attribute(this.level, "aria-label", t(this.words));
    this.level.disabled = !usable || (this.told && value === null); // a relay that knows no position goes to none
    if (this.#pulled === null) this.#draw(value);
  }

  /** @param {Value} value */
  #draw(value) {
    const { minimum, maximum, form } = this.argument;
    const words = said(this.kind, this.argument, value);
    text(this.output, form === "level" ? words : "");
    attribute(this.level, "aria-valuetext", words);
    const [low, high] = [Number(minimum), Number(maximum)];
    if (this.#pulled === null) this.level.value = String(value ?? low);
    this.level.style.setProperty("--at", String(value === null ? 0 : (100 * (Number(value) - low)) / (high - low || 1)));
  }
}

/** @param {Kind} kind @param {Control} control */
function commandKey(kind, { command }) {
  return `command.${kind.name}.${command.slice(kind.name.length + 1)}`;
}

/** @param {Kind} kind @param {Feature} feature @param {Value} value */
function said(kind, { name, form, unit }, value) {
  if (value === null) return t("kinds.unknown");
  if (form === "switch") return t(value ? "kinds.on" : "kinds.off");
  if (form === "choice") return t(`value.${kind.name}.${name}.${value}`);
  return unit ? `${value}\u00a0${unit}` : String(value);
}

customElements.define("plain-key", PlainKey);
customElements.define("value-control", ValueControl);
customElements.define("device-card", DeviceCard);
customElements.define("kinds-sheet", KindsSheet);
