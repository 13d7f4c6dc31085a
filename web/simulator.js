/** The simulator page: what a person does to the devices of a simulated room. Knows nothing of the panel. */

/** @import { Look } from "./view/top-view.js" */
/** @import { IconName } from "./lib/icon.js" */

import { attribute, h, keyed, show, text } from "./lib/dom.js";
import { LANGUAGES, language, learn, load, named, say, speak, t, words } from "./lib/i18n.js";
import { icon } from "./lib/icon.js";
import { deviceName } from "./lib/labels.js";
import { redeem } from "./lib/pair.js";
import { TopView } from "./view/top-view.js";

const POLL_MS = 250;
const URL = "/api/v1/simulator";

/** @typedef {{name: string, kind: string, plugged?: boolean, state?: Record<string, unknown>, actions: string[]}} SimulatedDevice */

/** What a state says in codes of a closed list. */
const CODED = new Set(["people", "page", "blocked_by", "power", "lamps", "output"]);

/** @type {Record<string, IconName>} */
const ICONS = { camera: "camera", speakerphone: "speakerphone", occupancy: "occupied", screen: "screen", calendar: "wait" };

export class SimulatorPage extends HTMLElement {
  constructor() {
    super();
    this.notice = h("p", { class: "notice", role: "status" });
    this.cards = h("div", { class: "cards" });
    const other = words(h("span"), "language.other");
    const turn = named(h("button", { type: "button", class: "key", onclick: () => this.#turn() }, other), "language.switch");
    const lead = h("div", {}, words(h("h1"), "simulator.title"), words(h("p"), "simulator.lead"));
    const header = h("header", {}, lead, words(h("a", { href: "/", target: "_blank", rel: "noopener" }), "simulator.panel"), turn);
    this.append(header, h("main", {}, this.notice, this.cards));
  }

  /** Ask, draw, and ask again, for ever. */
  async poll() {
    try {
      const answer = await fetch(URL, { signal: AbortSignal.timeout(4000) });
      if (answer.status === 401 || answer.status === 403) text(this.notice, t("simulator.unpaired"));
      else this.#draw((await answer.json()).devices);
    } catch {
      text(this.notice, t("simulator.lost"));
    }
    setTimeout(() => void this.poll(), POLL_MS);
  }

  /** @param {SimulatedDevice[]} devices */
  #draw(devices) {
    if ([t("simulator.lost"), t("simulator.unpaired")].includes(this.notice.textContent ?? "")) text(this.notice, "");
    if (devices.length === 0) text(this.notice, t("simulator.none"));
    keyed(this.cards, devices, (device) => device.name, (device) => new DeviceCard(device, (words) => text(this.notice, words)), (card, device) => card.update(device, devices));
  }

  #turn() {
    speak(LANGUAGES[(LANGUAGES.indexOf(language()) + 1) % LANGUAGES.length]);
  }
}

export class DeviceCard extends HTMLElement {
  /**
   * @param {SimulatedDevice} device
   * @param {(words: string) => void} tell
   */
  constructor(device, tell) {
    super();
    this.className = "card";
    this.tell = tell;
    this.device = device.name;
    this.kind = device.kind;
    this.plug = h("b");
    this.view = device.kind === "camera" ? new TopView() : null;
    this.state = h("dl", { class: "state" });
    this.actions = h("div", { class: "actions" });
    this.name = h("span");
    const id = h("code", { lang: "en", translate: "no" }, device.name);
    const title = h("h2", {}, icon(ICONS[device.kind] ?? "unknown"), this.name, this.plug);
    this.append(title, ...(this.view ? [this.view] : []), this.actions, this.state, h("p", { class: "id" }, words(h("span"), "simulator.id"), " ", id));
  }

  /** @param {SimulatedDevice} device @param {SimulatedDevice[]} all */
  update(device, all) {
    text(this.name, deviceName(device.name, all));
    const plugged = device.plugged ?? true;
    attribute(this, "data-plugged", String(plugged));
    text(this.plug, device.plugged === undefined ? "" : t(plugged ? "simulator.plugged" : "simulator.unplugged"));
    const state = device.state ?? {};
    const look = this.#look(state);
    if (this.view) show(this.view, look !== null);
    if (look) this.view?.update(look);
    keyed(this.actions, device.actions, (action) => action, (action) => h("button", { type: "button", class: "key", onclick: () => void this.#act(action) }), (key, action) => {
      text(key, word("action", device.kind, action));
      key.disabled = (action === "plug" && plugged) || (action === "unplug" && !plugged);
    });
    const drawn = look === null ? [] : Object.keys(look);
    const lines = Object.entries(state)
      .filter(([name]) => !drawn.includes(name))
      .flatMap(([name, value]) => [word("state", device.kind, name), shown(value, CODED.has(name), `${device.kind}.${name}`)]);
    keyed(this.state, lines.map((line, i) => ({ line, i })), ({ i }) => String(i), ({ i }) => h(i % 2 ? "dd" : "dt"), (cell, { line }) => text(cell, line));
  }

  /**
   * @param {Record<string, unknown>} state
   * @returns {Look | null}
   */
  #look(state) {
    const { pan_deg, tilt_deg, zoom_pct } = state;
    if (typeof pan_deg !== "number" || typeof tilt_deg !== "number") return null;
    return { pan_deg, tilt_deg, zoom_pct: typeof zoom_pct === "number" ? zoom_pct : 0 };
  }

  /** @param {string} action */
  async #act(action) {
    const spoken = t("simulator.act", { device: this.name.textContent, action: word("action", this.kind, action) });
    try {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ device: this.device, action, args: {} });
      const answer = await fetch(URL, { method: "POST", headers, body });
      this.tell(t(answer.ok ? "simulator.done" : "simulator.failed", { action: spoken }));
    } catch {
      this.tell(t("simulator.lost"));
    }
  }
}

/**
 * What a code is called, first by the words of its kind.
 * @param {string} prefix
 * @param {string} kind
 * @param {string} code
 */
function word(prefix, kind, code) {
  const own = `${prefix}.${kind}.${code}`;
  return t(own) === own ? say(prefix, code) : t(own);
}

/**
 * @param {unknown} value
 * @param {boolean} coded whether it is one of a closed list; else it is a name of its own
 * @param {string} of its kind and name
 * @returns {string}
 */
function shown(value, coded, of) {
  if (typeof value === "boolean") return t(value ? "simulator.yes" : "simulator.no");
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (typeof value === "string" && coded) return value.split(", ").map((one) => say("value", one)).join(", ");
  if (value === null || value === undefined) return "–";
  const own = `value.${of}.${value}`;
  return t(own) === own ? String(value) : t(own);
}

customElements.define("simulator-page", SimulatorPage);
customElements.define("device-card", DeviceCard);

await load();
speak(navigator.language.startsWith("zh") ? "zh-CN" : "en");
await redeem();
try {
  learn(await (await fetch(`${URL}/words`)).json());
} catch {
  // no connection: what plug-ins bring is said in codes
}
const page = new SimulatorPage();
document.body.append(page);
void page.poll();
