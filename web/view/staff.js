/** Staff at the panel: the pad for their PIN, and what it gave, until it ends. Loaded when it is first asked for. */

/** @import { Panel, Problem, StaffModel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { icon } from "../lib/icon.js";
import { named, say, t, words } from "../lib/i18n.js";
import { button, glyph } from "./parts.js";
import { StaffSettings } from "./settings.js";

const LONGEST = 12;
const PATIENCE_MS = 8000; // one PIN is looked at at a time, 0.3 s each on a small board
const URL = "/api/v1/staff";

/** The keys of a PIN, of which nothing is shown but how many digits there are. */
export class PinPad extends HTMLElement {
  #digits = "";

  /** @param {(pin: string) => void} enter */
  constructor(enter) {
    super();
    this.enter = enter;
    this.dots = named(h("p", { class: "dots", role: "status" }), "staff.digits");
    const digits = "123456789".split("").map((digit) => this.#digit(digit));
    const clear = button("minus", "join.clear", "key word", () => this.#edit(() => ""));
    const erase = glyph("erase", "join.erase", "key", () => this.#edit((value) => value.slice(0, -1)));
    this.keys = named(h("div", { class: "keypad", role: "group" }, ...digits, clear, this.#digit("0"), erase), "join.keypad");
    this.go = button("key", "staff.go", "key primary go", () => this.#enter());
    this.append(this.dots, this.keys, this.go);
    this.addEventListener("keydown", (event) => this.#typed(event));
    this.reset();
  }

  /** Forget what was typed. */
  reset() {
    this.#edit(() => "");
  }

  /** Take no digits while somebody has to wait. @param {boolean} on */
  block(on) {
    attribute(this.keys, "inert", on);
    this.go.disabled = on;
  }

  /** @param {string} digit */
  #digit(digit) {
    return h("button", { type: "button", class: "key digit", onclick: () => this.#edit((value) => value + digit) }, digit);
  }

  /** @param {(value: string) => string} change */
  #edit(change) {
    this.#digits = change(this.#digits).slice(0, LONGEST);
    text(this.dots, "●".repeat(this.#digits.length));
  }

  /** A real keyboard goes on working, wherever in the pad the focus is. @param {KeyboardEvent} event */
  #typed(event) {
    if (this.go.disabled || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[0-9]$/.test(event.key)) this.#edit((value) => value + event.key);
    else if (event.key === "Backspace") this.#edit((value) => value.slice(0, -1));
    else if (event.key !== "Enter" || event.target instanceof HTMLButtonElement) return;
    else this.#enter();
    event.preventDefault();
  }

  #enter() {
    if (this.#digits && !this.go.disabled) this.enter(this.#digits);
    this.reset();
  }
}

/** Before the PIN: the pad. After it: whose rights this panel has, until when, and their end. */
export class StaffSheet extends HTMLElement {
  /** When a PIN is looked at again, by `performance.now()`. */ #wait_ms = 0;
  #asking = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.hint = words(h("p"), "staff.hint");
    this.said = h("p", { class: "say", role: "alert" });
    this.pad = new PinPad((pin) => void this.#enter(pin));
    this.rights = h("p", { class: "contact" });
    this.left = h("p");
    this.end = button("leave", "staff.end", "key big", () => void this.#end());
    this.given = h("section", { class: "given" }, icon("key"), h("div", {}, this.rights, this.left), this.end);
    this.settings = new StaffSettings(panel);
    this.append(h("div", { class: "body" }, this.hint, this.said, this.given, this.settings), this.pad);
  }

  /** Begin anew, and learn whether somebody has to wait. */
  reset() {
    this.pad.reset();
    this.settings.reset();
    text(this.said, "");
    void this.#look();
  }

  /** @param {Room} room */
  update(room) {
    const { staff, clock } = this.panel;
    const role = staff?.role ?? null;
    for (const part of [this.given, this.settings]) show(part, role !== null);
    for (const part of [this.hint, this.pad]) show(part, role === null);
    attribute(this, "data-given", role !== null);
    if (role) {
      this.settings.update(room);
      text(this.rights, say("staff.role", role));
      text(this.left, t("staff.until", { time: clock.hourMinute(staff?.ends_ms ?? clock.now()) }));
    }
    const wait_s = Math.ceil((this.#wait_ms - performance.now()) / 1000);
    if (wait_s > 0) text(this.said, t("staff.wait", { time: minutes(wait_s) }));
    else if (this.#wait_ms) {
      this.#wait_ms = 0;
      text(this.said, "");
    }
    this.pad.block(wait_s > 0 || this.#asking);
    attribute(this.pad.go, "aria-busy", this.#asking);
  }

  /** @param {string} pin */
  async #enter(pin) {
    this.#asking = true;
    text(this.said, "");
    this.panel.refresh();
    const answer = await ask("POST", { pin });
    this.#asking = false;
    if (answer.role) this.panel.elevated();
    else {
      text(this.said, say("error", answer.code ?? "failed"));
      await this.#look();
    }
    this.panel.refresh();
  }

  async #look() {
    const { wait_s } = await ask("GET");
    if (wait_s) this.#wait_ms = performance.now() + wait_s * 1000;
    this.panel.refresh();
  }

  async #end() {
    await ask("DELETE");
    this.panel.elevated();
  }
}

/**
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {{pin: string}} [body]
 * @returns {Promise<Partial<StaffModel & Problem>>}
 */
async function ask(method, body) {
  const more = body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
  try {
    const answer = await fetch(URL, { method, signal: AbortSignal.timeout(PATIENCE_MS), ...more });
    return answer.status === 204 ? {} : await answer.json();
  } catch {
    return {};
  }
}

/** @param {number} seconds */
function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

customElements.define("pin-pad", PinPad);
customElements.define("staff-sheet", StaffSheet);
