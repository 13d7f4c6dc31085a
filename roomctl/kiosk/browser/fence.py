"""Keeps the browser of a plain meeting at the meeting: an extension, written anew for each.

A plain page is neither read nor steered, so nobody here can stop it from going elsewhere; the
browser itself does. A foreign page that would take the meeting's place is sent to our own loopback
address, which answers "nothing new" (204), upon which a browser stays where it is; a window that
was opened for one is closed. The extension runs nothing in any page, and `navigator.webdriver`
stays false. Knows no browser and no meeting.

Measured on Chromium 156: the page's connections live on, and its scripts miss nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from roomctl.kiosk.browser.door import UP

_OWN = "127.0.0.1"  # where the browser starts, and where a foreign page is sent

_WORKER = """
const ours = HOSTS;
const within = (url) => {
  try {
    const { protocol, hostname } = new URL(url);
    if (!protocol.startsWith("http")) return true;
    return ours.some((one) => hostname === one || hostname.endsWith(`.${one}`));
  } catch { return true; }
};
chrome.webNavigation.onCreatedNavigationTarget.addListener(({ tabId, url }) => {
  if (!within(url)) chrome.tabs.remove(tabId);
});
// A window that was opened before this ran has been sent to stay, and is empty now.
const tidy = async () => {
  const [, ...others] = (await chrome.tabs.query({})).sort((one, other) => one.id - other.id);
  for (const { id, url, pendingUrl } of others) {
    if (!(pendingUrl || url || "").startsWith("http")) chrome.tabs.remove(id);
  }
};
chrome.webNavigation.onErrorOccurred.addListener(({ frameId }) => { if (frameId === 0) tidy(); });
// A browser that is still starting may drop its first page: it is opened until it was fetched.
const open = async () => {
  for (let times = 0; times < 6; times += 1) {
    if ((await fetch(UP)).status === 204) return;
    const [first] = (await chrome.tabs.query({})).sort((one, other) => one.id - other.id);
    if (times > 0) await chrome.tabs.update(first.id, { url: START });
    await new Promise((on) => setTimeout(on, 3000));
  }
};
tidy();
open();
"""

_MANIFEST = {
    "manifest_version": 3,
    "name": "roomctl",
    "version": "1",
    "permissions": ["declarativeNetRequest", "webNavigation"],
    "host_permissions": ["<all_urls>"],
    "background": {"service_worker": "worker.js"},
    "declarative_net_request": {
        "rule_resources": [{"id": "stay", "enabled": True, "path": "rules.json"}]
    },
}


def domains(hosts: Sequence[str]) -> list[str]:
    """Return the hosts as the extension knows them: a name, and all that is below it."""
    return sorted({_OWN, *(host.removeprefix("*.") for host in hosts)})


def rules(hosts: Sequence[str], stay: str) -> list[dict[str, object]]:
    """Return the rule that sends what is foreign to `stay`, followed by its host."""
    condition = {
        "regexFilter": r"^https?://(?:[^/?#@]*@)?([^/?#:@]+)",
        "resourceTypes": ["main_frame"],
        "excludedRequestDomains": domains(hosts),
    }
    action = {"type": "redirect", "redirect": {"regexSubstitution": f"{stay}\\1?"}}
    return [{"id": 1, "priority": 1, "action": action, "condition": condition}]


def put_up(folder: Path, hosts: Sequence[str], stay: str, start: str) -> None:
    """Write the extension into the empty `folder`; blocking, for a moment.

    `start` is the browser's first page.
    """
    worker = _WORKER.replace("HOSTS", json.dumps(domains(hosts)))
    worker = worker.replace("UP", json.dumps(stay + UP)).replace("START", json.dumps(start))
    files = {
        "manifest.json": json.dumps(_MANIFEST),
        "rules.json": json.dumps(rules(hosts, stay)),
        "worker.js": worker,
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
