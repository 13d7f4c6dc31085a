"""`python -m roomctl.kiosk OPTIONS`: the process by itself, with no library of the command line.

OPTIONS is a JSON object, `agent.KioskOptions`. `roomctl screen` reads a person's words and then
becomes this, so that nothing is left of what reading them takes: 12 MB, mostly pydantic's.
"""

from __future__ import annotations

import json
import logging
import sys

from roomctl.kiosk import agent


def main(options: str) -> int:
    read = agent.KioskOptions(**json.loads(options))
    logging.basicConfig(
        level=logging.DEBUG if read.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    return agent.run(read)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
