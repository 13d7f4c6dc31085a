/** Elements made, filled and kept in step with data, without ever parsing text as HTML. Knows no room. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. `on…` properties become listeners, `true` an empty attribute; `false` and
 * `null` are left out; everything else is an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [props]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      attribute(element, name, value);
    }
  }
  element.append(...children);
  return element;
}

/**
 * Make an SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [props]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, props = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) attribute(element, name, value);
  element.append(...children);
  return element;
}

/**
 * Set, or with `false` and `null` remove, an attribute; untouched if it already is so.
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true && !name.startsWith("aria-") ? "" : String(value); // ARIA's states have their words
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * Set an element's text, and leave the node alone if it already says so.
 * @param {Element} element
 * @param {string} words
 */
export function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/**
 * Show or hide an element.
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Keep `parent`'s children in step with `items`: a child is made once per key, then only updated.
 * @template T
 * @template {HTMLElement} E
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {(item: T) => string} key
 * @param {(item: T) => E} make
 * @param {(element: E, item: T) => void} update
 */
export function keyed(parent, items, key, make, update) {
  const ids = items.map((item) => key(item));
  /** @type {Map<string, E>} */ const known = new Map();
  // What is gone goes first, so that what stays is not moved: a finger or the focus may be on it.
  for (const child of [...parent.children]) {
    const id = child.getAttribute("data-key") ?? "";
    if (ids.includes(id) && !known.has(id)) known.set(id, /** @type {E} */ (child));
    else child.remove();
  }
  items.forEach((item, index) => {
    const element = known.get(ids[index]) ?? make(item);
    known.delete(ids[index]);
    attribute(element, "data-key", ids[index]);
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    update(element, item);
  });
}
