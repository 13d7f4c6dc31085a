"""The screen process for pages on a busy machine: it gives the one that is left a minute."""

import sys

from roomctl.kiosk.__main__ import main
from roomctl.kiosk.browser import cdp, tab

if __name__ == "__main__":
    cdp.ANSWER_S = tab.READ_S = tab.LAST_WORDS_S = tab.CLOSE_S = 60.0
    tab.GOODBYE_S = 1.0
    sys.exit(main(sys.argv[1]))
