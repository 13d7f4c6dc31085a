/** Whose a meeting's number or name is, by its shape alone. Knows no room and no meeting; where several fit, it says none. */

/** @import { Platform } from "./types.js" */

/** @typedef {Pick<Platform, "key" | "number" | "digits" | "usual" | "groups" | "code" | "named" | "new" | "default">} Shape */

/**
 * What a text is that a person enters to join: nothing yet, a number, a name or a code, or else a link or an invitation.
 * @param {string} typed
 * @returns {"" | "number" | "name" | "link"}
 */
export function kindOf(typed) {
  const bare = plain(typed);
  if (bare === "") return "";
  if (/\d/.test(bare) && !/[^\d\s\p{Pd}.·•_()#]/u.test(bare)) return "number"; // as people write them: no letter, no address
  return /[\s/:：?#]/.test(bare) ? "link" : "name";
}

/**
 * The platform that a number or a name is most likely of. Of those that write theirs so, what counts is, in this order: how it is
 * spaced; that the vendor gives out such ones today; that it is the room's own; that the room can join by it; and that the room
 * starts meetings there. The first of these that leaves a single one decides.
 * @param {string} typed
 * @param {readonly Shape[]} platforms
 * @returns {string | null} its key; null if none writes them so, or several do
 */
export function likely(typed, platforms) {
  let left = candidates(typed, platforms);
  for (const counts of [(/** @type {Shape} */ one) => one.default, joins, (/** @type {Shape} */ one) => one.new]) {
    left = narrowed(left, counts);
  }
  return left.length === 1 ? left[0].key : null;
}

/**
 * All platforms that a number or a name may be of: those that write theirs so, and give out such ones today.
 * @template {Shape} S
 * @param {string} typed
 * @param {readonly S[]} platforms
 * @returns {S[]}
 */
export function candidates(typed, platforms) {
  const bare = plain(typed);
  const kind = kindOf(bare);
  return kind === "number" ? numbered(bare, platforms) : kind === "name" ? named(bare, platforms) : [];
}

/** The digits of a number, however it is written. @param {string} typed */
export function digitsOf(typed) {
  return plain(typed).replace(/\D/g, "");
}

/** @template {Shape} S @param {string} bare @param {readonly S[]} platforms */
function numbered(bare, platforms) {
  const parts = bare.split(/\D+/).filter(Boolean).map((part) => part.length);
  const count = parts.reduce((sum, part) => sum + part, 0);
  const fit = platforms.filter((one) => one.number !== "none" && one.digits.includes(count));
  const spaced = parts.length > 1 ? narrowed(fit, (one) => one.groups.includes(parts.join("-"))) : fit;
  return narrowed(spaced, (one) => one.usual.includes(count));
}

/** @template {Shape} S @param {string} bare @param {readonly S[]} platforms */
function named(bare, platforms) {
  const fit = platforms.filter((one) => one.number !== "none" && (whole(one.code, bare) || whole(one.named, bare)));
  return narrowed(fit, (one) => whole(one.code, bare));
}

/** @param {Shape} one */
function joins({ number }) {
  return number === "opens" || number === "passed";
}

/**
 * Those of which something is true, or all if it is true of none.
 * @template {Shape} S
 * @param {readonly S[]} all
 * @param {(one: S) => boolean} counts
 */
function narrowed(all, counts) {
  const some = all.filter(counts);
  return some.length > 0 ? some : [...all];
}

/** @param {string} pattern @param {string} bare */
function whole(pattern, bare) {
  return pattern !== "" && new RegExp(`^(?:${pattern})$`).test(bare);
}

/** Full-width signs and their like, as a keyboard in Chinese may write them, as plain ones. @param {string} typed */
function plain(typed) {
  return typed.normalize("NFKC").trim();
}

/**
 * A number as its platform spaces it, else by threes.
 * @param {string} digits
 * @param {readonly string[]} groups such as "3-4-4"
 * @returns {string}
 */
export function spacedAs(digits, groups) {
  const sizes = groups.map((group) => group.split("-").map(Number)).find((parts) => parts.reduce((sum, part) => sum + part, 0) === digits.length);
  if (!sizes) return digits.replace(/(\d{3})(?=\d)/g, "$1 ");
  let at = 0;
  return sizes.map((size) => digits.slice(at, (at += size))).join(" ");
}
