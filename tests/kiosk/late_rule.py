"""The screen process on a disk that brings the navigation guard's rule late, as a busy one may."""

import sys

from roomctl.kiosk.__main__ import main
from roomctl.kiosk.browser import navigation_guard

LATE_S = 5.0  # after the extension began
_COMES = f"""
setTimeout(() => {{
  chrome.declarativeNetRequest.updateEnabledRulesets({{ enableRulesetIds: ["stay"] }});
}}, {LATE_S * 1000});
"""


def begin():
    (rule,) = navigation_guard._MANIFEST["declarative_net_request"]["rule_resources"]
    rule["enabled"] = False
    navigation_guard._WORKER += _COMES
    return main(sys.argv[1])


if __name__ == "__main__":
    sys.exit(begin())
