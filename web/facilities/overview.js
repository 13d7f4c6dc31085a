/** The room at a glance: state, problems, devices, use. */

/** @import { Desk } from "./desk.js" */
/** @import { IconName } from "../lib/icon.js" */

import { counted } from "../lib/automation.js";
import { h, keyed, text } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { icon, redraw } from "../lib/icon.js";
import { callState, calling, microphone, roomState } from "../lib/labels.js";
import { ConditionsCard, DevicesView, IssuesView } from "./health.js";
import { moment } from "./pieces.js";
import { HeatMap } from "./use.js";

/** @typedef {{id: string, icon: IconName, what: string, more: string}} Tile */

export class Overview extends HTMLElement {
  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    this.tiles = h("ul", { class: "tiles" });
    this.issues = new IssuesView(desk);
    this.conditions = new ConditionsCard(desk);
    this.devices = new DevicesView(desk, true);
    this.map = new HeatMap(desk);
    this.append(this.tiles, this.issues, h("div", { class: "pair" }, this.devices, this.map), this.conditions);
  }

  async load() {
    await this.map.load();
  }

  update() {
    keyed(this.tiles, this.#tiles(), (one) => one.id, (one) => h("li", {}, h("span", { class: "disc" }, icon(one.icon)), h("span", {}, h("b"), h("small"))), (tile, one) => {
      redraw(/** @type {Element} */ (tile.querySelector(".icon")), one.icon);
      text(/** @type {Element} */ (tile.querySelector("b")), one.what);
      text(/** @type {Element} */ (tile.querySelector("small")), one.more);
    });
    for (const part of [this.issues, this.conditions, this.devices, this.map]) part.update();
  }

  /** @returns {Tile[]} */
  #tiles() {
    const { room, clock } = this.desk;
    if (!room) return [];
    const state = roomState(room, clock);
    const call = calling(room.meeting) ? { what: t(callState(room.meeting).key), more: t("desk.since_at", { time: moment(this.desk, room.meeting.since) }) } : { what: state.word, more: state.detail };
    const { occupancy } = room;
    const air = occupancy.co2_ppm ?? null;
    const people = { what: counted(room) || t(`presence.${occupancy.state}`), more: occupancy.since ? t("desk.since_at", { time: moment(this.desk, occupancy.since) }) : "" };
    const sound = microphone(room.audio, null);
    const calendar = room.conditions.find((one) => one.type === "calendar_fresh");
    return [
      { id: "room", icon: state.icon === "clock" ? "wait" : state.icon, ...call },
      { id: "people", icon: "person", ...people },
      ...(air === null ? [] : [{ id: "air", icon: /** @type {const} */ ("globe"), what: `${air} ppm`, more: t("desk.air") }]),
      { id: "screen", icon: "screen", what: t(room.panel.awake ? "desk.awake" : "desk.asleep"), more: t("desk.panel") },
      { id: "sound", icon: sound.icon, what: t(`mic.${sound.state}`), more: t("desk.microphone") },
      { id: "calendar", icon: "reserve", what: t(calendar?.reason === "not_configured" ? "desk.no_calendar" : calendar?.status === true ? "desk.calendar_fresh" : calendar?.status === false ? "desk.calendar_stale" : "desk.calendar_unread"), more: t("desk.bookings", { count: room.bookings.length }) },
    ];
  }
}

customElements.define("desk-overview", Overview);
