/** The room's display between meetings: what a person at the other end of the table reads. It only looks, and asks for nothing. */

/** @import { Booking, Room } from "./lib/types.js" */

import { announced, left } from "./lib/automation.js";
import { RoomClock } from "./lib/clock.js";
import { attribute, h, show, text } from "./lib/dom.js";
import { inLanguage, language, load, say, speak, speakable, t } from "./lib/i18n.js";
import { icon, redraw } from "./lib/icon.js";
import { Live } from "./lib/live.js";
import { logo, Wallpaper, wear } from "./lib/look.js";
import { paired, redeem } from "./lib/pair.js";
import { CODE_MS, PhoneCode } from "./lib/phone-code.js";
import { agenda, bookingHours, bookingNote, bookingTitle, callState, calling, messageUntil, nextWords, platformName, stateLine, talkingWords } from "./lib/labels.js";
import { DayRibbon } from "./view/ribbon.js";

const MINUTE_MS = 60_000;
// How far the picture wanders, in rem, and in how many minutes it is round: a display keeps what
// stands still on it for months, and a stroke of the clock is 1.3 rem wide.
const ACROSS = { rem: 1.5, minutes: 41 };
const DOWN = { rem: 1, minutes: 29 };

/** @typedef {{eyebrow: string, heading: string, facts: string, how: string, tone: string | null}} Sayings */

export class RoomScreen extends HTMLElement {
  clock = new RoomClock();
  #fitted = "";

  constructor() {
    super();
    this.role = "main";
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const refresh = () => this.refresh();
    this.live = new Live(`${scheme}://${location.host}/api/v1/live`, this.clock, refresh, () => {}, paired);
    this.logo = h("img", { class: "logo", alt: "", hidden: true });
    this.name = h("h1");
    this.place = h("p", { class: "place" });
    this.noticeWords = h("span");
    this.notice = h("p", { class: "notice", role: "status", hidden: true }, icon("warning"), this.noticeWords);
    this.time = h("time");
    this.day = h("p", { class: "date" });
    this.shapeIcon = icon("check");
    this.word = h("b", { class: "state-word" });
    this.until = h("span");
    this.state = h("p", { class: "state" }, h("span", { class: "shape" }, this.shapeIcon), h("span", {}, this.word, " ", this.until));
    this.ribbon = new DayRibbon();
    this.eyebrow = h("p", { class: "eyebrow" });
    this.heading = h("h2");
    this.facts = h("p", { class: "facts" });
    this.how = h("p", { class: "how" });
    this.next = h("p", { class: "next" });
    this.picture = h("img", { alt: "" });
    this.code = new PhoneCode(this.picture, refresh);
    this.caption = h("figcaption");
    // The same once more, in the room's second language if it has one.
    this.second = {
      state: h("p", { class: "second state-second" }),
      caption: h("figcaption", { class: "second" }),
      how: h("p", { class: "second" }),
      help: h("span", { class: "second" }),
    };
    this.phone = h("figure", { hidden: true }, this.picture, this.caption, this.second.caption);
    this.wifi = h("p", { class: "wifi" });
    this.helpWords = h("span");
    this.help = h("p", { class: "help" }, this.helpWords, this.second.help);
    this.head = h("header", { role: "none" }, h("div", {}, this.logo, this.name, this.place, this.day));
    this.now = h("section", { class: "now" }, this.time, this.state, this.second.state);
    this.meeting = h("section", { class: "meeting" }, this.eyebrow, this.heading, this.facts, this.how, this.second.how, this.next);
    this.foot = h("footer", { role: "none" }, this.notice, this.wifi, this.help);
    this.wallpaper = new Wallpaper(document.body);
    this.append(this.head, this.now, this.phone, this.meeting, this.ribbon, this.foot);
    setInterval(refresh, 1000);
    setInterval(() => void this.code.fetch(), CODE_MS);
    addEventListener("hashchange", () => void this.start());
  }

  /** Pair if the address says so, and connect. */
  async start() {
    await redeem();
    this.live.start();
    this.refresh();
    void this.code.fetch();
  }

  /** Draw what is known now. */
  refresh() {
    const { live, clock } = this;
    const { room } = live;
    if (live.outdated && live.ready) return void location.reload();
    this.#speak(room);
    wear(room?.look, "dark");
    const awake = room?.panel.awake !== false || calling(room.meeting);
    attribute(this, "data-asleep", !awake);
    this.wallpaper.update(room?.look, awake && room !== null && !live.unpaired);
    attribute(this, "data-stale", live.stale);
    attribute(this, "data-waiting", room === null || live.unpaired);
    this.#wander(clock.now() / MINUTE_MS);
    text(this.time, room ? clock.hourMinute(clock.now()) : "");
    text(this.day, room ? clock.day(language(), clock.now()) : "");
    const notice = room !== null && !live.unpaired ? this.#notice(room) : "";
    show(this.notice, notice !== "");
    text(this.noticeWords, notice);
    show(this.phone, this.code.stands && !live.stale && !live.unpaired);
    text(this.caption, t("screen.phone"));
    if (room === null || live.unpaired) this.#wait();
    else this.#draw(room);
    this.#fit();
  }

  /**
   * What has to be told before all else: that this is old, what the room is about to do by itself, or what facilities staff tell.
   * @param {Room} room
   */
  #notice(room) {
    const { clock, live } = this;
    if (live.stale) return t("stale", { time: clock.hourMinute(live.heard_ms) });
    if (room.audio.talking_while_muted) return talkingWords(room.audio);
    const notice = announced(room);
    if (notice) return t(`auto.screen.${notice.act}`, { left: left(notice.at, clock.now()) });
    const { message } = room;
    return message ? t("message.screen", { text: message.text, until: messageUntil(message, clock) }) : "";
  }

  /** Say why there is nothing to show. */
  #wait() {
    const why = this.live.unpaired ? "unpaired" : this.live.stale ? "waiting" : "starting";
    show(this.logo, false);
    for (const part of [this.name, this.place, this.wifi, this.helpWords]) text(part, "");
    this.#again({ state: "", caption: "", how: "", help: "" });
    const hint = why === "unpaired" ? t("screen.unpaired_hint") : "";
    const heading = why === "unpaired" ? t("screen.unpaired") : t(`overlay.${why}`);
    this.#tell({ eyebrow: "", heading, facts: hint, how: "", tone: null });
    attribute(this, "data-calm", false);
    for (const part of [this.next, this.foot, this.state, this.ribbon]) show(part, false);
  }

  /** @param {Room} room */
  #draw(room) {
    const { identity } = room;
    for (const part of [this.state, this.ribbon]) show(part, true);
    logo(this.logo, room.look);
    text(this.name, identity.display_name);
    text(this.place, [identity.building, identity.floor_label].filter(Boolean).join(" · "));
    const { hero, rest } = agenda(room.bookings, this.clock.now());
    const call = this.#call(room);
    const sayings = () => this.#call(room) ?? (hero ? this.#booking(room, hero) : this.#free(room));
    this.#tell(sayings());
    attribute(this, "data-calm", !call && !hero);
    const { word, detail, icon: sign, tone } = stateLine(room, this.clock);
    attribute(this.state, "data-tone", tone);
    redraw(this.shapeIcon, sign);
    text(this.word, word);
    text(this.until, detail);
    this.ribbon.update(room, this.clock);
    const next = nextWords(call && hero ? [hero, ...rest] : rest, this.clock);
    show(this.next, next !== "");
    text(this.next, next);
    const wifi = identity.wifi ?? "";
    show(this.wifi, wifi !== "");
    text(this.wifi, t("screen.wifi", { wifi }));
    show(this.help, identity.help !== "");
    text(this.helpWords, t("help.contact", { help: identity.help }));
    const second = identity.second_language;
    const said = () => {
      const { word, detail } = stateLine(room, this.clock);
      return { state: [word, detail].join(" "), caption: t("screen.phone"), how: sayings().how, help: identity.help ? t("help.contact", { help: identity.help }) : "" };
    };
    this.#again(speakable(second) && second !== language() ? inLanguage(second, said) : { state: "", caption: "", how: "", help: "" });
    show(this.foot, wifi !== "" || identity.help !== "" || !this.notice.hidden);
  }

  /** @param {Record<"state" | "caption" | "how" | "help", string>} said in the second language; empty: there is none */
  #again(said) {
    for (const name of /** @type {const} */ (["state", "caption", "how", "help"])) {
      attribute(this.second[name], "lang", this.live.room?.identity.second_language ?? null);
      text(this.second[name], said[name]);
      show(this.second[name], said[name] !== "");
    }
  }

  /** @param {Sayings} sayings */
  #tell({ eyebrow, heading, facts, how, tone }) {
    attribute(this.meeting, "data-tone", tone);
    for (const [part, words] of /** @type {[HTMLElement, string][]} */ ([[this.eyebrow, eyebrow], [this.heading, heading], [this.facts, facts], [this.how, how]])) {
      text(part, words);
      show(part, words !== "");
    }
  }

  /**
   * What is said of a call that is under way, or failed; nothing without one.
   * @param {Room} room
   * @returns {Sayings | null}
   */
  #call(room) {
    const { meeting } = room;
    const failed = meeting.state === "failed";
    if (!failed && !calling(meeting)) return null;
    const number = meeting.number ? t("call.number", { number: meeting.number }) : "";
    return {
      eyebrow: failed ? t("issue.meeting.failed") : t(callState(meeting).key),
      heading: meeting.title ?? (platformName(room, meeting.platform) || t("call.untitled")),
      facts: [meeting.title ? platformName(room, meeting.platform) : "", number].filter(Boolean).join(" · "),
      how: failed ? say("failure", meeting.failure ?? "other") : "",
      tone: failed ? "bad" : "meeting",
    };
  }

  /**
   * @param {Room} room
   * @param {Booking} booking
   * @returns {Sayings}
   */
  #booking(room, booking) {
    const { clock } = this;
    const started = Date.parse(booking.start) <= clock.now();
    return {
      eyebrow: `${t(started ? "home.now" : "home.next")} · ${bookingHours(booking, clock)}`,
      heading: bookingTitle(booking),
      facts: [bookingNote(booking), booking.organizer ?? "", platformName(room, booking.platform)].filter(Boolean).join(" · "),
      how: this.#how(booking),
      tone: booking.refused ? "bad" : booking.join === "now" ? "now" : null,
    };
  }

  /**
   * How to join, in one sentence; or why that cannot be done here.
   * @param {Booking} booking
   */
  #how(booking) {
    if (booking.refused) return t("screen.refused", { why: say("refused", booking.refused) });
    if (booking.join === "now") return t("screen.join");
    return booking.join === "later" ? t("home.starts", { time: this.clock.hourMinute(booking.start) }) : t("home.no_link");
  }

  /**
   * @param {Room} room
   * @returns {Sayings}
   */
  #free(room) {
    const how = t(room.platforms.some((platform) => platform.new) ? "screen.free" : "screen.free_join");
    return { eyebrow: "", heading: t("home.empty"), facts: "", how, tone: null };
  }

  /** Give up what matters least until the words lie on one another nowhere. */
  #fit() {
    const shown = `${this.textContent} ${this.phone.hidden} ${innerWidth} ${innerHeight}`;
    if (shown === this.#fitted) return;
    this.#fitted = shown;
    const end = (/** @type {HTMLElement} */ part) => part.offsetTop + part.offsetHeight;
    for (const fit of [null, "short", "short few", "short one", "small", "small least"]) {
      attribute(this, "data-fit", fit);
      const below = [this.ribbon, this.foot].filter((part) => part.offsetHeight > 0).map((part) => part.offsetTop);
      const ends = Math.max(end(this.meeting), end(this.phone));
      if (this.meeting.offsetTop >= end(this.now) && ends <= Math.min(this.offsetHeight, ...below)) return;
    }
  }

  /** @param {Room | null} room */
  #speak(room) {
    const wanted = [room?.identity.language, this.live.language, navigator.language].find(speakable) ?? "en";
    if (wanted !== document.documentElement.lang || language() !== wanted) speak(wanted);
    document.title = room?.identity.display_name ?? t("page.title");
  }

  /** @param {number} minutes */
  #wander(minutes) {
    const at = (/** @type {{rem: number, minutes: number}} */ way) =>
      `${(way.rem * Math.sin((2 * Math.PI * Math.floor(minutes)) / way.minutes)).toFixed(2)}rem`;
    this.style.setProperty("translate", `${at(ACROSS)} ${at(DOWN)}`);
  }
}

customElements.define("room-screen", RoomScreen);

await load();
const screen = new RoomScreen();
document.body.replaceChildren(screen);
await screen.start();
