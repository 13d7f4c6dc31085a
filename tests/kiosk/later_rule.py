"""The same, where nobody waits for the rule: a page stands while nothing keeps it."""

import sys

from roomctl.kiosk.browser import navigation_guard
from tests.kiosk import late_rule

if __name__ == "__main__":
    navigation_guard.UP_S = 0.2
    sys.exit(late_rule.begin())
