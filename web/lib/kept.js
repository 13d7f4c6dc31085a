/** What this browser keeps for itself, a panel's language say; where it keeps nothing, until the page is gone. */

/** @type {Map<string, string>} */
const here = new Map();

/**
 * What is kept under `key`, or null.
 * @param {string} key
 * @returns {string | null}
 */
export function kept(key) {
  try {
    return localStorage.getItem(`roomctl.${key}`);
  } catch {
    return here.get(key) ?? null;
  }
}

/**
 * Keep something, or with null nothing any more.
 * @param {string} key
 * @param {string | null} value
 */
export function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(`roomctl.${key}`);
    else localStorage.setItem(`roomctl.${key}`, value);
  } catch {
    if (value === null) here.delete(key);
    else here.set(key, value);
  }
}
