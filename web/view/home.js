/** The room between meetings: its state in one word, the booking to join, the day, and what else can be begun. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Booking, Favourite, Issue, Room } from "../lib/types.js" */
/** @import { MoveCards } from "./move-cards.js" */

import { attribute, h, keyed, show, text } from "../lib/dom.js";
import { icon, redraw } from "../lib/icon.js";
import { named, say, t } from "../lib/i18n.js";
import { agenda, bookingHours, bookingNote, bookingTitle, endedWords, leavingWords, lent, moveToRead, platformName, problem, spaced, troubles } from "../lib/labels.js";
import { interrupted, sentences, withoutMeeting } from "../lib/sentences.js";
import { AudioBar } from "./audio.js";
import { BookingKey, button, hasEnded, Instead, OPEN_MS } from "./parts.js";
import { DayRibbon } from "./ribbon.js";

const LONG_DETAIL = 18;
const LONG_WORD = 11; // letters of the state that its plate has room for in full size

export class HomeView extends HTMLElement {
  /** @type {string | null} what is being opened from here */ #opening = null;
  /** @type {string | null} the booking that was touched, and whose platform has ended */ #ended = null;
  /** @type {MoveCards | null} what changed with the room's platform, once that has come */ #cards = null;
  /** @type {Booking | null} */ leading = null;
  /** Whether the meeting that was interrupted leads. */ cut = false;

  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.panel = panel;
    this.shapeIcon = icon("free");
    this.shape = h("span", { class: "shape" }, this.shapeIcon);
    this.word = h("span", { class: "word" });
    this.until = h("span", { class: "until" });
    this.badge = h("p", { class: "badge", role: "status" }, this.word, " ", this.until);
    this.graceBar = h("i");
    this.graceWords = h("span");
    this.graceLeft = h("span");
    this.grace = h("div", { class: "grace", hidden: true }, h("div", { class: "runs" }, this.graceBar), h("p", {}, this.graceWords, this.graceLeft));
    this.because = h("span");
    const why = h("button", { type: "button", class: "because-key", onclick: () => panel.open("occupancy") }, icon("person"), this.because);
    this.plate = h("section", { class: "plate" }, h("div", { class: "above" }, this.shape, why), this.badge, this.grace);
    this.trouble = new TroubleNote(panel);
    this.when = h("p", { class: "when" });
    this.heading = h("h1");
    this.facts = h("p", { class: "facts" });
    this.why = h("p", { class: "why" });
    this.joinWords = h("span", { class: "label" });
    this.join = h("button", { type: "button", class: "key primary join", onclick: () => void this.#join() }, icon("meeting"), this.joinWords);
    this.markIcon = icon("check");
    this.markWords = h("span");
    this.mark = h("p", { class: "became" }, this.markIcon, this.markWords);
    this.checkWords = h("span", { class: "label" });
    this.check = h("button", { type: "button", class: "key", onclick: () => void this.#checkIn() }, icon("check"), this.checkWords);
    this.favourites = h("div", { class: "favourites" });
    this.hero = h("article", { class: "hero" }, this.when, this.heading, this.facts, this.mark, this.why);
    this.rows = h("ul", { class: "rows" });
    this.rest = h("div", { class: "rest" }, this.rows);
    this.leaves = h("p", { class: "leaves" });
    this.card = h("div", { class: "card" }, this.trouble, this.hero, this.rest, this.leaves, this.favourites);
    this.fresh = button("plus", "home.new", "key fresh", () => panel.begin());
    this.instead = new Instead(panel, "key primary instead");
    this.ask = button("help", "home.ask", "key", () => panel.open("help"));
    attribute(this.ask, "data-ask", true);
    this.lead = h("div", { class: "lead" }, this.join, this.instead.key, this.ask, this.check);
    this.agenda = named(h("section", { class: "agenda" }, this.card, this.lead), "home.agenda");
    this.ribbon = new DayRibbon(() => panel.open("today"));
    this.enter = button("keypad", "home.enter", "key enter-key", () => panel.open("join"));
    this.camera = button("camera", "home.camera", "key camera-key", () => panel.open("camera"));
    this.laptop = button("laptop", "home.laptop", "key laptop-key", () => panel.open("share"));
    this.audio = new AudioBar(panel);
    this.booking = new BookingKey(panel, "key");
    this.dock = named(h("nav", { class: "dock" }, this.fresh, this.enter, this.booking, this.camera, this.laptop, this.audio), "home.controls");
    this.append(this.plate, this.agenda, this.ribbon, this.dock);
    new ResizeObserver(() => this.#fit()).observe(this.agenda);
  }

  /** @param {Room} room */
  update(room) {
    const now = this.panel.clock.now();
    const said = sentences(room, this.panel.clock);
    const { state } = said;
    attribute(this.plate, "data-tone", state.tone);
    redraw(this.shapeIcon, state.icon);
    text(this.word, state.word);
    attribute(this.word, "data-long", state.word.length > LONG_WORD);
    text(this.until, state.detail);
    attribute(this.until, "data-long", state.detail.length > LONG_DETAIL);
    this.#grace(room, now);
    text(this.because, said.presence);
    const cut = interrupted(room, now);
    this.trouble.update(room, cut ? "meeting" : null);
    const open = agenda(room.bookings, now);
    const hero = cut ? null : open.hero;
    const rest = cut && open.hero ? [open.hero, ...open.rest] : open.rest;
    this.#lead(room, hero, now, cut);
    keyed(this.rows, rest, (booking) => booking.id, (booking) => this.#row(booking), (row, booking) => this.#fillRow(row, booking, room));
    this.#begins(room, this.#tells(room));
    show(this.camera, room.cameras.length > 0 && !lent(room));
    show(this.laptop, Boolean(room.byom) && this.panel.may("byom.give"));
    this.booking.update(room);
    this.audio.update(room);
    this.ribbon.update(room, this.panel.clock);
    text(this.leaves, this.instead.key.hidden && this.trouble.hidden ? leavingWords(room, this.panel.clock) : "");
    this.#fit();
  }

  /**
   * How long a booking that nobody has come to is still kept.
   * @param {Room} room
   * @param {number} now
   */
  #grace({ availability, bookings }, now) {
    const ends = availability?.state === "awaited" ? (availability.release_at ?? null) : null;
    show(this.grace, ends !== null);
    if (ends === null) return;
    const left_ms = Math.max(Date.parse(ends) - now, 0);
    const start = bookings.find((booking) => booking.id === availability?.booking)?.start;
    const whole_ms = start ? Date.parse(ends) - Date.parse(start) : left_ms;
    this.graceBar.style.scale = `${whole_ms > 0 ? (left_ms / whole_ms).toFixed(3) : 0} 1`;
    text(this.graceWords, t("room.released_at", { time: this.panel.clock.hourMinute(ends) }));
    text(this.graceLeft, t("room.left", { count: Math.ceil(left_ms / 60000) }));
  }

  /**
   * What changed with the room's platform, in place of the card: never where something is to be done about a booking.
   * @param {Room} room
   * @returns {boolean} whether it stands there
   */
  #tells(room) {
    const due = [this.join, this.instead.key, this.check].some((key) => !key.hidden);
    const wanted = !due && moveToRead(room) !== null && this.panel.may("meeting.cards_seen") && !this.panel.phone;
    if (wanted && this.#cards === null) void this.#load();
    const tells = wanted && this.#cards !== null;
    if (tells && !this.agenda.hidden) this.#cards?.begin();
    show(this.agenda, !tells);
    if (this.#cards) show(this.#cards, tells);
    this.#cards?.update(room);
    return tells;
  }

  async #load() {
    try {
      const { MoveCards } = await import("./move-cards.js");
      if (this.#cards) return; // it was asked for twice
      this.#cards = new MoveCards(this.panel);
    } catch {
      return; // no connection: it is tried again
    }
    this.#cards.hidden = true;
    this.agenda.after(this.#cards);
    this.panel.refresh();
  }

  /**
   * A new meeting is what to touch where nothing is to be joined.
   * @param {Room} room
   * @param {boolean} tells whether something else stands where that is
   */
  #begins(room, tells) {
    const able = room.platforms.some((platform) => platform.new);
    const twice = !this.instead.key.hidden && room.platforms.filter((platform) => platform.new).length === 1;
    const first = this.join.hidden && this.instead.key.hidden && !tells;
    show(this.fresh, able && !twice);
    // Each key has its place: it is the primary one where it stands, and no other key moves for it.
    this.fresh.classList.toggle("primary", first && able);
    this.enter.classList.toggle("primary", first && !able);
    // A booking that cannot be joined from here is no dead end: another way stands in the card.
    const stuck = first && this.leading !== null && this.leading.join === "none" && !withoutMeeting(this.leading);
    show(this.ask, stuck);
    attribute(this.lead, "data-beside", !this.check.hidden && (!first || stuck));
    show(this.lead, !first || stuck || !this.check.hidden);
  }

  /**
   * @param {Room} room
   * @param {Booking | null} booking
   * @param {number} now
   * @param {boolean} cut whether a meeting was interrupted: that one leads, and no booking
   */
  #lead(room, booking, now, cut) {
    this.leading = booking;
    this.cut = cut;
    show(this.when, booking !== null);
    const over = booking !== null && (booking.refused === "service_ended" || booking.id === this.#ended);
    const moved = this.instead.update(room, over ? booking : null);
    show(this.join, cut || (booking?.join === "now" && !moved));
    this.#marked(room, booking, now);
    show(this.favourites, booking === null && !cut && room.favourites.length > 0);
    keyed(this.favourites, room.favourites.slice(0, 3), (one) => one.name, (one) => this.#favourite(one), (key, one) => text(key, one.name));
    text(this.joinWords, t(this.#opening ? "home.joining" : cut ? "blocked.again" : "home.join"));
    attribute(this.join, "aria-busy", this.#opening !== null);
    if (cut) return this.#interrupted(room);
    if (!booking) {
      text(this.heading, t("home.empty"));
      text(this.facts, t(room.platforms.some((platform) => platform.new) ? "home.empty_hint" : "home.empty_hint_join"));
      return text(this.why, "");
    }
    const { clock } = this.panel;
    const started = Date.parse(booking.start) <= now;
    const taken = booking.status !== "released"; // else the room is not booked now
    text(this.when, taken ? `${t(started ? "home.now" : "home.next")} · ${bookingHours(booking, clock)}` : bookingHours(booking, clock));
    attribute(this.when, "data-started", started);
    text(this.heading, bookingTitle(booking));
    text(this.facts, [platformName(room, booking.platform), booking.organizer ?? ""].filter(Boolean).join(" · "));
    attribute(this.why, "data-tone", (booking.refused && !withoutMeeting(booking)) || moved ? "bad" : null);
    text(this.why, moved ? endedWords(room, booking.platform) : sentences(room, clock).ready(booking));
  }

  /** The meeting that was interrupted, by its own name: what is joined again is that one. @param {Room} room */
  #interrupted(room) {
    const { meeting } = room;
    show(this.when, true);
    attribute(this.when, "data-started", true);
    text(this.when, t("issue.meeting.interrupted"));
    text(this.heading, meeting.title ?? t("call.untitled"));
    text(this.facts, [platformName(room, meeting.platform), meeting.number ? spaced(meeting.number) : ""].filter(Boolean).join(" · "));
    attribute(this.why, "data-tone", "bad");
    text(this.why, say("failure", meeting.failure));
  }

  /**
   * What became of the booking, and what somebody who is there can do about it.
   * @param {Room} room
   * @param {Booking | null} booking
   * @param {number} now
   */
  #marked({ occupancy }, booking, now) {
    const status = booking?.status;
    // Whoever is seen needs no check-in, and where nothing can see, nothing is released.
    const watched = booking !== null && (occupancy.configured ?? 0) > 0;
    const awaited = watched && status === "booked" && Date.parse(booking.start) <= now;
    // Beside Join its place is kept, with what became of it: else Join came to lie under the finger that checks in.
    const kept = watched && !awaited && status !== "released" && !this.join.hidden;
    show(this.check, status === "released" || awaited || kept);
    this.check.disabled = kept;
    const done = status === "checked_in" || status === "used";
    text(this.checkWords, t(status === "released" ? "booking.take_back" : kept && done ? `booking.${status}` : "booking.check_in"));
    const note = booking && !(kept && status === "checked_in") ? bookingNote(booking) : "";
    show(this.mark, note !== "");
    text(this.markWords, note);
    redraw(this.markIcon, status === "released" ? "warning" : status === "checked_in" ? "check" : "unknown");
  }

  /** @param {Booking} booking */
  #row(booking) {
    const join = button("meeting", "home.join", "key small", () => void this.#open({ booking: booking.id }));
    return h("li", {}, h("span", { class: "hours" }), h("span", { class: "what" }, h("b"), h("small")), join);
  }

  /**
   * @param {HTMLElement} row
   * @param {Booking} booking
   * @param {Room} room
   */
  #fillRow(row, booking, room) {
    const [hours, what, join] = /** @type {HTMLElement[]} */ ([...row.children]);
    text(hours, bookingHours(booking, this.panel.clock));
    text(/** @type {Element} */ (what.firstElementChild), bookingTitle(booking));
    const known = [bookingNote(booking), platformName(room, booking.platform)].filter(Boolean).join(" · ");
    const note = booking.refused && !withoutMeeting(booking) ? t("home.refused") : known || t("home.no_link");
    text(/** @type {Element} */ (what.lastElementChild), note);
    show(join, booking.join === "now");
  }

  /** Show as many whole rows as there is room for; the day's ribbon leads to all of them. What is left comes before. */
  #fit() {
    show(this.leaves, this.leaves.textContent !== "");
    if (this.card.scrollHeight > this.card.clientHeight + 1) show(this.leaves, false);
    const rows = /** @type {HTMLElement[]} */ ([...this.rows.children]);
    for (const row of rows) show(row, true);
    const ends = rows.map((row) => row.offsetTop + row.offsetHeight - this.rest.offsetTop);
    rows.forEach((row, i) => show(row, ends[i] <= this.rest.clientHeight + 1));
  }

  /** @param {Favourite} favourite */
  #favourite(favourite) {
    return h("button", { type: "button", class: "key small", onclick: () => void this.#open({ favourite: favourite.name }) });
  }

  async #join() {
    if (this.cut) await this.#again();
    else if (this.leading) await this.#open({ booking: this.leading.id });
  }

  async #again() {
    if (this.#opening || !this.panel.mayBegin()) return;
    this.#opening = "meeting";
    this.panel.refresh();
    await this.panel.ask("meeting.rejoin", {}, OPEN_MS);
    this.#opening = null;
    this.panel.refresh();
  }

  async #checkIn() {
    if (this.leading) await this.panel.ask("booking.check_in", { booking: this.leading.id });
  }

  /** @param {Record<string, string>} args */
  async #open(args) {
    if (this.#opening || !this.panel.mayBegin()) return;
    this.#opening = Object.values(args)[0];
    this.panel.refresh();
    const outcome = await this.panel.ask("meeting.join", args, OPEN_MS);
    if (hasEnded(outcome)) this.#ended = args.booking ?? null;
    this.#opening = null;
    this.panel.refresh();
  }
}

/** The worst problem there is: what is wrong and what to do; the others are one touch away. */
export class TroubleNote extends HTMLElement {
  /** @param {Panel} panel */
  constructor(panel) {
    super();
    this.setAttribute("role", "status");
    this.what = h("b");
    this.todo = h("span");
    this.others = h("span", { class: "others" });
    this.append(h("button", { type: "button", onclick: () => panel.open("help") }, icon("warning"), h("span", {}, this.what, this.todo, this.others)));
  }

  /**
   * @param {Room} room
   * @param {string | null} [elsewhere] the subject of a problem that the view already speaks of
   */
  update(room, elsewhere = null) {
    const found = troubles(room).filter((issue) => issue.subject !== elsewhere);
    show(this, found.length > 0);
    if (found.length === 0) return;
    const { what, todo } = problem(/** @type {Issue} */ (found[0]), room);
    text(this.what, what);
    text(this.todo, todo);
    show(this.others, found.length > 1);
    text(this.others, t("issue.more", { count: found.length - 1 }));
  }
}

customElements.define("home-view", HomeView);
customElements.define("trouble-note", TroubleNote);
