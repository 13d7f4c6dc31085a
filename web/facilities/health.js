/** What is well and what is not: conditions, issues with next step, devices. */

/** @import { Condition, CurrentIssue, Device, InventoryItem, Issue } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */
/** @import { Tone } from "./pieces.js" */

import { attribute, h, show, text } from "../lib/dom.js";
import { say, t, words } from "../lib/i18n.js";
import { deviceFacts, deviceName, lastHeard, problem } from "../lib/labels.js";
import { whyNot } from "./desk.js";
import { card, DeskTable, mark, moment, Outcome, TwicePressed } from "./pieces.js";

/** @type {Record<CurrentIssue["severity"], Tone>} */
const SEVERITY = { error: "busy", warning: "soon", info: "plain" };
const RANK = ["error", "warning", "info"];

/** What is wrong now, the gravest first. */
export class IssuesView extends HTMLElement {
  /** @type {Map<string, CurrentIssue>} */ #rated = new Map();
  #asked = "";

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.outcome = new Outcome();
    /** @type {DeskTable<Issue>} */ this.table = new DeskTable("desk.issues", idOf, [
      { key: "desk.issue", fill: (cell, issue) => this.#what(cell, issue) },
      { key: "desk.severity", less: true, say: (issue) => say("desk.severity", this.#severity(issue)) },
      { key: "desk.since", less: true, say: (issue) => moment(desk, issue.since), look: "when" },
      { key: "desk.next_step", less: true, say: (issue) => problem(issue, this.#room).todo, look: "wide" },
      { key: "desk.act", fill: (cell, issue) => this.#act(cell, issue), look: "acts" },
    ], "desk.no_issues");
    this.append(card("desk.issues", this.outcome, this.table));
  }

  get #room() {
    return /** @type {import("../lib/types.js").Room} */ (this.desk.room);
  }

  update() {
    const { room } = this.desk;
    if (!room) return;
    const asked = room.issues.map(idOf).join();
    if (asked !== this.#asked) void this.#rate(asked);
    const rank = (/** @type {Issue} */ issue) => RANK.indexOf(this.#severity(issue));
    this.table.update([...room.issues].sort((a, b) => rank(a) - rank(b) || Date.parse(a.since) - Date.parse(b.since)));
  }

  /** How grave each is, the room says on request. @param {string} asked */
  async #rate(asked) {
    this.#asked = asked;
    const answer = await this.desk.ask("GET", "/api/v1/issues");
    if (!answer.ok) return void (this.#asked = "");
    this.#rated = new Map(answer.value.map((/** @type {CurrentIssue} */ one) => [one.id, one]));
    this.update();
  }

  /** @param {Issue} issue */
  #severity(issue) {
    return this.#rated.get(idOf(issue))?.severity ?? "warning";
  }

  /**
   * @param {HTMLElement} cell
   * @param {Issue} issue
   */
  #what(cell, issue) {
    mark(cell, SEVERITY[this.#severity(issue)], problem(issue, this.#room).what);
  }

  /**
   * A series that nobody comes to is released, or kept, by staff alone.
   * @param {HTMLElement} cell
   * @param {Issue} issue
   */
  #act(cell, issue) {
    if (issue.code !== "booking.series_unused" || !this.desk.may("series") || cell.firstElementChild) return;
    const give = (/** @type {"booking.release_series" | "booking.keep_series"} */ type, /** @type {string} */ done) => async () =>
      this.outcome.answer(await this.desk.command(type, { series: String(issue.params.series) }), done);
    cell.append(new TwicePressed("desk.series_release", "desk.again", give("booking.release_series", "desk.series_released")), new TwicePressed("desk.series_keep", "desk.again", give("booking.keep_series", "desk.series_kept")));
  }
}

/** @param {Issue} issue */
function idOf(issue) {
  return `${issue.code}:${issue.subject}`;
}

/** What must hold for the room to be used, each with why it does not and since when. */
export class ConditionsCard extends HTMLElement {
  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    /** @type {DeskTable<Condition>} */ this.table = new DeskTable("desk.conditions", (one) => one.type, [
      { key: "desk.condition", fill: (cell, one) => mark(cell, one.status === true ? "free" : one.status === false ? "busy" : "soon", t(`desk.condition.${one.type}`)) },
      { key: "desk.why", less: true, say: (one) => this.#why(one), look: "wide" },
      { key: "desk.since", less: true, say: (one) => (one.since_proven ? moment(desk, one.since) : t("desk.about", { time: moment(desk, one.since) })), look: "when" },
    ], "desk.no_conditions");
    this.unproven = words(h("p", { class: "hint", hidden: true }), "desk.unproven");
    this.append(card("desk.conditions", this.table, this.unproven));
  }

  update() {
    if (!this.desk.room) return;
    const { conditions } = this.desk.room;
    this.table.update(conditions);
    show(this.unproven, conditions.some((one) => !one.since_proven));
  }

  /** @param {Condition} one */
  #why(one) {
    const { clock, room } = this.desk;
    if (one.reason === null || !room) return t("desk.holds");
    if (one.reason === "heard") return lastHeard(room.audio, clock);
    const { devices } = room;
    const whom = one.message.split(", ").filter((name) => devices.some((device) => device.name === name));
    const names = whom.map((name) => deviceName(name, devices)).join(t("desk.and"));
    const why = say("desk.reason", one.reason);
    return names ? t("desk.why_whom", { why, whom: names }) : why;
  }
}

/** The devices: model, firmware, what is known of it, state; and a key that starts one anew. */
export class DevicesView extends HTMLElement {
  /** @type {Map<string, InventoryItem>} */ #plates = new Map();
  #asked = "";

  /** @param {Desk} desk @param {boolean} [short] without keys and advisories */
  constructor(desk, short = false) {
    super();
    this.desk = desk;
    this.outcome = new Outcome();
    /** @type {import("./pieces.js").Column<Device>[]} */ const columns = [
      { key: "desk.device", fill: (cell, one) => text(cell, this.#name(one)) },
      { key: "desk.model", less: true, say: (one) => this.#plate(one)?.model ?? this.#plate(one)?.profile ?? "–" },
      { key: "desk.firmware", less: true, say: (one) => this.#plate(one)?.firmware ?? "–" },
      { key: "desk.state", fill: (cell, one) => this.#state(cell, one) },
    ];
    if (!short) {
      columns.splice(3, 0, { key: "desk.advisories", less: true, fill: (cell, one) => this.#advisories(cell, one), look: "wide" });
      columns.push({ key: "desk.since", less: true, say: (one) => moment(desk, one.since), look: "when least" });
      columns.push({ key: "desk.act", fill: (cell, one) => this.#restart(cell, one), look: "acts" });
    }
    /** @type {DeskTable<Device>} */ this.table = new DeskTable("desk.devices", (one) => one.name, columns, "desk.no_devices");
    this.append(card("desk.devices", this.outcome, this.table));
    this.known = h("p", { class: "hint" });
    if (!short) this.append(card("desk.box", this.known));
  }

  update() {
    const { room } = this.desk;
    if (!room) return;
    const asked = room.devices.map((one) => one.name + one.status).join();
    if (asked !== this.#asked) void this.#inventory(asked);
    this.table.update(room.devices);
  }

  /** @param {string} asked */
  async #inventory(asked) {
    this.#asked = asked;
    const answer = await this.desk.ask("GET", "/api/v1/info");
    if (!answer.ok) return void (this.#asked = "");
    /** @type {import("../lib/types.js").RoomInformation} */ const info = answer.value;
    this.#plates = new Map(info.inventory.map((one) => [one.name, one]));
    const up = t("desk.up", { hours: Math.floor(info.uptime_s / 3600) });
    const commit = info.commit?.slice(0, 12) ?? t("desk.commit_unknown");
    const build = [commit, info.date?.slice(0, 10), info.modified && t("desk.modified")].filter(Boolean).join(", ");
    text(this.known, [`roomctl ${info.version} (${build})`, info.hostname, info.system, info.addresses.join(", "), up].filter(Boolean).join(" · "));
    this.update();
  }

  /** @param {Device} one */
  #plate(one) {
    return this.#plates.get(one.name);
  }

  /** @param {Device} one */
  #name(one) {
    return deviceName(one.name, this.desk.room?.devices ?? []);
  }

  /**
   * @param {HTMLElement} cell
   * @param {Device} one
   */
  #state(cell, one) {
    const room = /** @type {import("../lib/types.js").Room} */ (this.desk.room);
    const tone = one.status === "online" ? "free" : one.status === "offline" ? "busy" : "soon";
    const said = one.status === "offline" ? say("offline", one.reason) : deviceFacts(one, room);
    mark(cell, tone, t(`status.${one.status}`));
    attribute(cell, "title", said || null);
  }

  /**
   * What is known to be wrong with a firmware stands in its profile, in the profile's words.
   * @param {HTMLElement} cell
   * @param {Device} one
   */
  #advisories(cell, one) {
    const plate = this.#plate(one);
    const found = plate?.advisories ?? [];
    const known = plate?.verified ? t(`desk.verified.${plate.verified}`) : "–";
    attribute(cell, "lang", found.length > 0 ? "en" : null);
    text(cell, found.length > 0 ? found.join(" ") : known);
  }

  /**
   * @param {HTMLElement} cell
   * @param {Device} one
   */
  #restart(cell, one) {
    if (!this.desk.may("maintain") || cell.firstElementChild) return;
    cell.append(new TwicePressed("desk.restart_device", "desk.again", () => this.#again(one.name)));
  }

  /** @param {string} device */
  async #again(device) {
    const answer = await this.desk.command("device.restart", { device });
    const online = answer.ok && answer.value.result?.online === true;
    this.outcome.tell(answer.ok ? t(online ? "desk.device_back" : "desk.device_away") : whyNot(answer), online);
  }
}

customElements.define("desk-issues", IssuesView);
customElements.define("desk-conditions", ConditionsCard);
customElements.define("desk-devices", DevicesView);
