/** The network searched for cameras and projectors, and lines for room.toml made of what was found. */

/** @import { FoundDeviceModel, FoundDevicesModel } from "../lib/types.js" */
/** @import { Desk } from "./desk.js" */

import { h, show } from "../lib/dom.js";
import { t, words } from "../lib/i18n.js";
import { card, deskKey, DeskTable, Outcome } from "./pieces.js";

/** Names of a kind's first devices, as `roomctl init` gives them. @type {Record<string, string[]>} */
const NAMES = { camera: ["front", "back"], display: ["wall"] };

/**
 * A card that searches; `add` takes the lines of a device, given the text that they are added to.
 * @param {Desk} desk
 * @param {(lines: (text: string) => string) => Promise<void>} add
 */
export function searchCard(desk, add) {
  const told = new Outcome();
  /** @type {DeskTable<FoundDeviceModel>} */ const found = new DeskTable("desk.search", (one) => `${one.kind} ${one.host} ${one.urls[0] ?? one.name}`, [
    { key: "desk.device", say: (one) => [one.model || (NAMES[one.kind] ? t(`desk.search.${one.kind}`) : one.kind), one.name].filter(Boolean).join(" · ") },
    { key: "desk.search.at", say: (one) => one.host },
    { key: "desk.search.answers", less: true, say: (one) => one.protocols.join(", ") },
    { key: "desk.search.note", less: true, say: (one) => remarks(one).join(" · ") || "–", look: "wide" },
    { key: "desk.act", fill: (cell, one) => key(cell, one), look: "acts" },
  ], "desk.search.none");
  show(found, false);

  /**
   * @param {HTMLElement} cell
   * @param {FoundDeviceModel} one
   */
  function key(cell, one) {
    const made = deskKey(null, "desk.search.add", "key", () => add((text) => lines(one, text)));
    cell.replaceChildren(...(one.urls.length && one.in_network && !one.devices.length ? [made] : []));
  }

  const search = deskKey(null, "desk.search.go", "key primary", async () => {
    told.tell(t("desk.search.runs"));
    const answer = await desk.ask("POST", "/api/v1/config/search");
    if (!told.answer(answer, "desk.search.done")) return;
    /** @type {FoundDevicesModel} */ const value = answer.value;
    show(found, true);
    found.update(value.found);
  });
  return card("desk.search", words(h("p", { class: "hint" }), "desk.search.hint"), told, found, h("p", { class: "keys" }, search));
}

/** @param {FoundDeviceModel} one */
function remarks(one) {
  return [
    ...one.devices,
    ...(one.claims.length ? [t("desk.search.claims", { claims: one.claims.join(", ") })] : []),
    ...(one.needs_login ? [t("desk.search.login")] : []),
    ...(one.in_network ? [] : [t("desk.search.elsewhere")]),
    ...(one.in_network && !one.urls.length ? [t("desk.search.unknown")] : []),
    ...(one.in_network && one.urls.length && !one.verified && !one.devices.length ? [t("desk.search.unverified")] : []),
  ];
}

/**
 * The lines of a device under a name that `text` does not have.
 * @param {FoundDeviceModel} one
 * @param {string} text
 */
function lines({ kind, urls, profile }, text) {
  const names = NAMES[kind] ?? [];
  let name = names.find((each) => !text.includes(`[${kind}.${each}]`));
  for (let number = names.length + 1; !name; number++) if (!text.includes(`[${kind}.${kind}${number}]`)) name = kind + number;
  return [`[${kind}.${name}]`, `url = ${JSON.stringify(urls[0])}`, ...(profile ? [`profile = ${JSON.stringify(profile)}`] : []), ""].join("\n");
}
