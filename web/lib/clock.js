/** The server's time, and how the room's time zone writes it. Trusts neither this device's clock nor its zone. */

/** Server time, carried on by the monotonic clock between messages. */
export class RoomClock {
  #server_ms = Date.now();
  #at_ms = performance.now();
  #best_trip_ms = Infinity;
  zone = "UTC";

  /** Milliseconds since 1970, by the server. @returns {number} */
  now() {
    return this.#server_ms + performance.now() - this.#at_ms;
  }

  /**
   * Learn the server's time from a message that answers one sent `trip_ms` ago, or from one of
   * unknown age. A slow answer never overrules a quick one by less than it could be wrong.
   * @param {string} server_time
   * @param {number} [trip_ms]
   */
  learn(server_time, trip_ms = 2000) {
    const server_ms = Date.parse(server_time);
    if (Number.isNaN(server_ms)) return;
    const corrected = server_ms + (trip_ms < 2000 ? trip_ms / 2 : 0);
    const trusted = trip_ms <= this.#best_trip_ms || Math.abs(corrected - this.now()) > trip_ms;
    if (!trusted) return;
    this.#best_trip_ms = trip_ms;
    this.#server_ms = corrected;
    this.#at_ms = performance.now();
  }

  /**
   * "14:05" in the room's zone.
   * @param {number | string} when
   * @returns {string}
   */
  hourMinute(when) {
    const format = { timeZone: this.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return write("en-GB", /** @type {Intl.DateTimeFormatOptions} */ (format), when);
  }

  /**
   * Weekday, day and month in the room's zone.
   * @param {string} language
   * @param {number | string} when
   * @param {"long" | "short"} [width]
   * @returns {string}
   */
  day(language, when, width = "long") {
    return write(language, { timeZone: this.zone, weekday: width, month: width, day: "numeric" }, when);
  }

  /**
   * Whether two moments fall on one day of the room.
   * @param {number | string} one
   * @param {number | string} other
   * @returns {boolean}
   */
  sameDay(one, other) {
    return this.#date(one) === this.#date(other);
  }

  /**
   * How many days from the room's today to a day such as "2020-08-23"; below 0 it is over.
   * @param {string} day
   * @returns {number}
   */
  daysTo(day) {
    return Math.round((Date.parse(day) - Date.parse(this.#date(this.now()))) / 86_400_000);
  }

  /** @param {number | string} when */
  #date(when) {
    return write("en-CA", { timeZone: this.zone, dateStyle: "short" }, when);
  }
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} language
 * @param {Intl.DateTimeFormatOptions} options
 * @param {number | string} when
 */
function write(language, options, when) {
  const key = language + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(language, options);
    formats.set(key, format);
  }
  return format.format(new Date(when));
}
