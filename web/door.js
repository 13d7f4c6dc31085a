/** The sign beside the room's door: free, busy or soon, from as far as a corridor is long; and one touch to reserve. */

/** @import { Booking, Room } from "./lib/types.js" */
/** @import { IconName } from "./lib/icon.js" */

import { RoomClock } from "./lib/clock.js";
import { attribute, h, keyed, show, text } from "./lib/dom.js";
import { language, load, named, speak, speakable, t, words } from "./lib/i18n.js";
import { icon, redraw } from "./lib/icon.js";
import { Live } from "./lib/live.js";
import { logo, wear } from "./lib/look.js";
import { paired, redeem } from "./lib/pair.js";
import { bookingHours, bookingTitle, calling, complaint, laptopWords, lent, problem, underWay } from "./lib/labels.js";
import { lengths } from "./view/booking.js";
import { DayRibbon } from "./view/ribbon.js";

const SOON_MS = 10 * 60_000; // so long before it begins, the next booking is what counts
const NEARBY = 2; // rooms that are named; more would be read by nobody
const NAME = "\0"; // where a name stands, which alone is cut when the line is too long
const TODAY_MS = 12 * 3_600_000;
const CHOOSING_MS = 15_000; // whoever was about to reserve has gone
const TOLD_MS = 6000;
const RELOAD_MS = 30_000;

/** @typedef {{word: "free" | "busy" | "soon" | "held" | "unknown", says: string, icon: IconName, tone: "free" | "busy" | "soon" | "unsure"}} DoorState */

/**
 * What the door says of the room. Where nobody can know, it says so: a wrong *Free* sends people into a meeting.
 * @param {Room} room
 * @param {RoomClock} clock
 * @returns {DoorState}
 */
export function doorState(room, clock) {
  const { availability = null, occupancy } = room;
  const until = near(availability?.until ?? null, clock);
  /** @type {(says: string) => DoorState} */ const busy = (says) => ({ word: "busy", says, icon: "minus", tone: "busy" });
  /** @type {(says: string) => DoorState} */ const unknown = (says) => ({ word: "unknown", says, icon: "unknown", tone: "unsure" });
  if (calling(room.meeting)) return busy(availability?.state === "booked" && until ? t("door.until", { time: until }) : t("door.meeting"));
  if (lent(room)) return busy(laptopWords(room));
  if (room.issues.some((issue) => issue.code === "clock.unproven")) return unknown(t("door.no_clock"));
  const calendar = room.conditions.find((one) => one.type === "calendar_fresh");
  if (availability === null) {
    if (calendar && calendar.reason !== "not_configured") return unknown(t("door.unread"));
    if (occupancy.state === "vacant") return { word: "free", says: t("presence.vacant"), icon: "check", tone: "free" };
    return occupancy.state === "unknown" ? unknown(t("presence.unknown")) : busy(t("presence.occupied"));
  }
  if (availability.state === "booked") return busy(until ? t("door.until", { time: until }) : t("door.booked"));
  if (availability.state === "awaited") {
    const free = near(availability.release_at ?? null, clock);
    const says = free ? t("door.held", { time: free }) : until ? t("door.until", { time: until }) : t("door.booked");
    return { word: "held", says, icon: "clock", tone: "soon" };
  }
  if (calendar?.status === false) return unknown(t("door.stale"));
  if (availability.until && Date.parse(availability.until) - clock.now() <= SOON_MS) return { word: "soon", says: t("door.from", { time: clock.hourMinute(availability.until) }), icon: "clock", tone: "soon" };
  return { word: "free", says: until ? t("door.free", { time: until }) : t("door.free_all"), icon: "check", tone: "free" };
}

/** @param {string | null} at @param {RoomClock} clock */
function near(at, clock) {
  return at !== null && Date.parse(at) - clock.now() < TODAY_MS ? clock.hourMinute(at) : "";
}

export class DoorSign extends HTMLElement {
  clock = new RoomClock();
  /** @type {Booking | null} whom the card speaks of */ #told = null;
  /** @type {Set<string>} what was changed from here, and can be undone from here */ #changes = new Set();
  #choosing = 0;
  #asking = false;
  #telling = 0;
  #refused = false;
  #touched_ms = performance.now();

  constructor() {
    super();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const refresh = () => this.refresh();
    this.live = new Live(`${scheme}://${location.host}/api/v1/live`, this.clock, refresh, () => {}, paired);
    this.brand = h("img", { class: "logo", alt: "", hidden: true });
    this.name = h("h1");
    this.time = h("time");
    this.shapeIcon = icon("unknown");
    this.word = h("b", { class: "door-word" });
    this.says = h("p", { class: "says" });
    this.when = h("p", { class: "when" });
    this.heading = h("p", { class: "heading" });
    this.who = h("p", { class: "who" });
    this.note = h("p", { class: "note", role: "status" });
    this.nearby = h("ul", { class: "nearby" });
    this.ribbon = new DayRibbon();
    this.reserveKey = this.#key("reserve", "door.reserve", "door-key first", () => this.#choose(true));
    this.checkKey = this.#key("check", "booking.check_in", "door-key first", () => void this.#check());
    this.undoWords = h("span");
    this.undoKey = h("button", { type: "button", class: "door-key", hidden: true, onclick: () => void this.#undo() }, icon("back"), this.undoWords);
    this.lengths = named(h("div", { class: "lengths", role: "group" }), "booking.reserve");
    this.noKey = this.#key("back", "back", "door-key", () => this.#choose(false));
    this.keys = h("div", { class: "keys" }, this.reserveKey, this.checkKey, this.lengths, this.undoKey, this.noKey);
    this.main = h("main", {},
      h("div", { class: "sign", role: "status" }, h("span", { class: "shape" }, this.shapeIcon), h("p", { class: "big" }, this.word), this.says, this.nearby),
      h("section", { class: "booked" }, this.when, this.heading, this.who, this.note), this.ribbon, this.keys);
    this.append(h("header", {}, this.brand, this.name, this.time), this.main);
    named(/** @type {Element} */ (this.main.children[1]), "door.booking");
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (this.#touched_ms = performance.now()), true);
    setInterval(() => this.#tick(), 1000);
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    addEventListener("hashchange", () => void this.start());
  }

  /**
   * @param {IconName} name
   * @param {string} key
   * @param {string} look
   * @param {() => void} act
   */
  #key(name, key, look, act) {
    return h("button", { type: "button", class: look, hidden: true, onclick: act }, icon(name), words(h("span"), key));
  }

  /** Pair if the address says so, and connect. */
  async start() {
    this.#refused = (await redeem()) === "refused";
    this.live.start();
    this.refresh();
  }

  /** Draw what is known now. */
  refresh() {
    const { live, clock } = this;
    this.#speak();
    wear(live.room?.look);
    const { room } = live;
    const state = this.#state(room);
    attribute(this, "data-tone", state.tone);
    attribute(this, "data-asleep", room !== null && !room.panel.awake && !live.stale);
    attribute(this, "data-long", state.word === "unknown");
    redraw(this.shapeIcon, state.icon);
    text(this.word, t(`door.word.${state.word}`));
    text(this.says, state.says);
    const known = room !== null && !live.stale && !live.unpaired;
    logo(this.brand, room?.look);
    text(this.name, room?.identity.display_name ?? "");
    text(this.time, room && state.says !== t("door.no_clock") ? clock.hourMinute(clock.now()) : "");
    show(this.ribbon, known && room.availability !== null);
    if (known) this.ribbon.update(room, clock);
    this.#book(known ? room : null, state);
    this.#send(known ? room : null, state);
    this.#offer(known ? room : null, state);
  }

  /** @param {Room | null} room @returns {DoorState} */
  #state(room) {
    const { live, clock } = this;
    /** @type {(says: string) => DoorState} */ const unknown = (says) => ({ word: "unknown", says, icon: "unknown", tone: "unsure" });
    if (live.unpaired) return unknown(t(this.#refused ? "door.refused" : "door.unpaired"));
    if (room === null) return unknown(t(live.stale ? "overlay.waiting" : "overlay.starting"));
    if (live.stale) return unknown(t("door.silent", { time: clock.hourMinute(live.heard_ms) }));
    return room.phase === "starting" ? unknown(t("overlay.starting")) : doorState(room, clock);
  }

  /**
   * The booking that the word is about, else the next one; and who is there though nobody booked.
   * @param {Room | null} room
   * @param {DoorState} state
   */
  #book(room, state) {
    const now = this.clock.now();
    const open = (room?.bookings ?? []).filter((one) => one.status !== "released" && !one.all_day);
    const next = open.filter((one) => Date.parse(one.start) > now).sort((a, b) => Date.parse(a.start) - Date.parse(b.start))[0] ?? null;
    const told = (this.#told = room && state.tone !== "unsure" ? underWay(open, now) ?? next : null);
    const started = told !== null && Date.parse(told.start) <= now;
    text(this.when, told ? `${t(started ? "home.now" : "home.next")} · ${bookingHours(told, this.clock)}` : "");
    text(this.heading, told ? bookingTitle(told) : "");
    text(this.who, told?.organizer ?? "");
    const there = room !== null && ["free", "soon"].includes(state.tone) && ["occupied", "vacating"].includes(room.occupancy.state);
    const overruled = room?.issues.find((one) => one.code === "calendar.overruled" && this.#changes.has(String(one.params.change)));
    const answer = this.#regretted()?.asking ? t("booking.asking") : room && overruled ? problem(overruled, room).what : "";
    if (!this.#telling) text(this.note, (room && answer) || (there ? t("presence.occupied") : room?.message?.text ?? ""));
    for (const part of [this.when, this.heading, this.who, this.note]) show(part, part.textContent !== "");
  }

  /**
   * Where to go instead: what the room knows of those nearby, the nearest first.
   * @param {Room | null} room
   * @param {DoorState} state
   */
  #send(room, state) {
    const taken = room !== null && ["busy", "soon", "held"].includes(state.word);
    const free = taken ? (room.nearby ?? []).slice(0, NEARBY) : [];
    keyed(this.nearby, free, (one) => one.name, () => h("li", {}, h("span"), h("span", { class: "room" }), h("span")), (line, { name, until }) => {
      const time = near(until, this.clock);
      const [before = "", after = ""] = t(time ? "door.nearby" : "door.nearby_all", { name: NAME, time }).split(NAME);
      [before, name, after].forEach((part, at) => text(/** @type {Element} */ (line.children[at]), part));
    });
    show(this.nearby, free.length > 0);
  }

  /**
   * What can be done from here; nothing while a touch could not be believed.
   * @param {Room | null} room
   * @param {DoorState} state
   */
  #offer(room, state) {
    const may = (/** @type {string} */ command) => room !== null && (this.live.may?.has(command) ?? false);
    const fitting = room && state.word === "free" && may("booking.reserve") && room.availability ? lengths(this.clock.now(), room.availability.until, true) : [];
    if (fitting.length === 0) this.#choosing = 0;
    const choosing = this.#choosing > 0;
    const awaited = this.#told?.status === "booked" && state.tone === "soon" && may("booking.check_in");
    const change = this.#regretted();
    show(this.reserveKey, fitting.length > 0 && !choosing);
    show(this.checkKey, awaited);
    show(this.lengths, choosing);
    show(this.noKey, choosing);
    show(this.undoKey, change !== null && may("booking.undo") && !choosing);
    text(this.undoWords, change ? t(change.kind === "reserve" ? "door.undo_reserve" : "door.undo_check_in") : "");
    keyed(this.lengths, choosing ? fitting : [], String, (minutes) => h("button", { type: "button", class: "door-key first", onclick: () => void this.#reserve(minutes) }, h("b"), h("small")), (key, minutes) => {
      const end = minutes === null ? String(room?.availability?.until) : this.clock.now() + minutes * 60_000;
      const time = this.clock.hourMinute(end);
      text(key.children[0], minutes === null ? t("door.whole", { time }) : t("door.minutes", { count: minutes }));
      text(key.children[1], minutes === null ? "" : t("door.to", { time }));
    });
    show(this.keys, [...this.keys.children].some((key) => !(/** @type {HTMLElement} */ (key).hidden)));
    for (const key of this.keys.querySelectorAll("button")) attribute(key, "aria-busy", this.#asking ? "true" : null);
    attribute(this.keys, "inert", room === null || !this.live.ready);
  }

  /** @param {boolean} on */
  #choose(on) {
    this.#choosing = on ? performance.now() + CHOOSING_MS : 0;
    this.refresh();
    const first = on ? this.lengths.querySelector("button") : this.reserveKey;
    first?.focus();
  }

  /** @param {15 | 30 | 60 | null} minutes */
  async #reserve(minutes) {
    const outcome = await this.#do(() => this.live.command("booking.reserve", minutes ? { minutes } : {}, 8000));
    const change = outcome?.result?.change;
    if (typeof change === "string") this.#changes.add(change);
    this.#choosing = 0;
    this.refresh();
  }

  async #check() {
    const { room } = this.live;
    const booking = this.#told?.id;
    if (!room || !booking) return;
    await this.#do(() => this.live.command("booking.check_in", { booking }));
  }

  async #undo() {
    const change = this.#regretted();
    if (change) await this.#do(() => this.live.command("booking.undo", { change: change.id }));
  }

  /** What was changed from here last, while it can be undone; or null. */
  #regretted() {
    return (this.live.room?.booking_changes ?? []).filter((one) => this.#changes.has(one.id)).at(-1) ?? null;
  }

  /** One thing at a time; why it was not done is said for a moment. @param {() => Promise<import("./lib/live.js").Outcome>} act */
  async #do(act) {
    if (this.#asking) return null;
    this.#asking = true;
    this.refresh();
    const outcome = await act();
    this.#asking = false;
    const why = complaint(outcome);
    if (why) this.#tell(why);
    this.refresh();
    return outcome;
  }

  /** @param {string} why */
  #tell(why) {
    clearTimeout(this.#telling);
    text(this.note, why);
    this.#telling = Number(setTimeout(() => {
      this.#telling = 0;
      this.refresh();
    }, TOLD_MS));
  }

  #speak() {
    const given = [this.live.room?.identity.language, this.live.language, navigator.language];
    const wanted = given.find(speakable) ?? (navigator.language.startsWith("zh") ? "zh-CN" : "en");
    if (wanted !== document.documentElement.lang || language() !== wanted) speak(wanted);
    document.title = this.live.room?.identity.display_name ?? t("page.title");
  }

  #tick() {
    if (this.#choosing && performance.now() > this.#choosing) this.#choosing = 0;
    const idle_ms = performance.now() - this.#touched_ms;
    if (this.live.outdated && this.live.ready && idle_ms > RELOAD_MS) location.reload();
    this.refresh();
  }
}

customElements.define("door-sign", DoorSign);

await load("door");
const sign = new DoorSign();
document.body.replaceChildren(sign);
await sign.start();
