/** Words by key, in the language in use. The catalogs hold all prose; nothing else does. */

import { attribute, text } from "./dom.js";

/** @typedef {"en" | "zh-CN"} Language */
/** @typedef {Record<string, string | {one?: string, other: string}>} Catalog */

export const LANGUAGES = /** @type {const} */ (["zh-CN", "en"]);

/** @type {Partial<Record<Language, Catalog>>} */
const catalogs = {};
/** @type {Language} */
let current = "en";

/**
 * Fetch every catalog, so that a change of language waits for nothing.
 * @param {...string} parts further folders of catalogs, which other pages do without
 */
export async function load(...parts) {
  const wanted = LANGUAGES.flatMap((language) => ["", ...parts.map((part) => `${part}/`)].map((part) => ({ language, part })));
  await Promise.all(
    wanted.map(async ({ language, part }) => {
      const answer = await fetch(new URL(`../i18n/${part}${language}.json`, import.meta.url));
      learn({ [language]: await answer.json() });
    }),
  );
}

/** Have more words; known ones stay. @param {Partial<Record<string, Catalog>>} more */
export function learn(more) {
  for (const language of LANGUAGES) catalogs[language] = { ...more[language], ...catalogs[language] };
}

/** The language in use. @returns {Language} */
export function language() {
  return current;
}

/**
 * Speak `wanted` from now on, and say again what stands on the page.
 * @param {Language} wanted
 */
export function speak(wanted) {
  current = wanted;
  document.documentElement.lang = wanted;
  translate(document.body);
}

/**
 * Say something in another language than the one in use.
 * @template T
 * @param {Language} wanted
 * @param {() => T} said
 * @returns {T}
 */
export function inLanguage(wanted, said) {
  const before = current;
  current = wanted;
  try {
    return said();
  } finally {
    current = before;
  }
}

/**
 * Whether a text is a language there is a catalog for.
 * @param {unknown} value
 * @returns {value is Language}
 */
export function speakable(value) {
  return LANGUAGES.some((known) => known === value);
}

/**
 * Say `key` with `{name}` filled in from `params`; `count` picks the plural.
 * @param {string} key
 * @param {Record<string, unknown>} [params]
 * @returns {string}
 */
export function t(key, params = {}) {
  const entry = catalogs[current]?.[key];
  if (entry === undefined) return key;
  return fill(typeof entry === "string" ? entry : plural(entry, Number(params.count)), params);
}

/**
 * Say a code from a closed list; a code this panel has not heard of is said as such.
 * @param {string} prefix
 * @param {string | null} code
 * @param {Record<string, unknown>} [params]
 * @returns {string}
 */
export function say(prefix, code, params = {}) {
  const key = `${prefix}.${code}`;
  return catalogs[current]?.[key] === undefined ? t(`${prefix}.other`, { ...params, code }) : t(key, params);
}

/**
 * Give an element words that follow the language.
 * @template {Element} E
 * @param {E} element
 * @param {string} key
 * @returns {E}
 */
export function words(element, key) {
  attribute(element, "data-t", key);
  text(element, t(key));
  return element;
}

/**
 * Give an element an accessible name that follows the language.
 * @template {Element} E
 * @param {E} element
 * @param {string} key
 * @returns {E}
 */
export function named(element, key) {
  attribute(element, "data-name", key);
  attribute(element, "aria-label", t(key));
  return element;
}

/** @param {Element} root */
function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) {
    text(element, t(element.getAttribute("data-t") ?? ""));
  }
  for (const element of root.querySelectorAll("[data-name]")) {
    attribute(element, "aria-label", t(element.getAttribute("data-name") ?? ""));
  }
}

/**
 * @param {string} template
 * @param {Record<string, unknown>} params
 */
function fill(template, params) {
  return template.replace(/\{(\w+)\}/g, (_, name) => String(params[name] ?? ""));
}

/**
 * @param {{one?: string, other: string}} forms
 * @param {number} count
 */
function plural(forms, count) {
  return new Intl.PluralRules(current).select(count) === "one" && forms.one ? forms.one : forms.other;
}
