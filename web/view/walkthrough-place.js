/** Where a panel says what is shown of a page: it loads that when there is something to say. */

/** @import { Panel } from "../lib/room.js" */
/** @import { Room } from "../lib/types.js" */

import { walking } from "../lib/labels.js";
import { LaterView } from "./parts.js";

/** A line on what the room is shown of a page, or does there by itself; nothing while there is nothing to say. */
export class WalkthroughPlace extends LaterView {
  /** @param {Panel} panel @param {boolean} remote whether it stands beside the room's display, where a page is shown */
  constructor(panel, remote) {
    super(async () => new (await import("./walkthrough.js")).WalkthroughLine(panel, remote));
    this.panel = panel;
  }

  /** @param {Room} room */
  update(room) {
    if (this.empty && walking(room) !== "idle") void this.begin(() => this.panel.refresh());
    super.update(room);
  }
}

customElements.define("walkthrough-place", WalkthroughPlace);
