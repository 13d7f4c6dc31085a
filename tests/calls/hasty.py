"""`roomctl serve` for pages that never only try their devices: whoever is heard is in a call soon.

How long a browser has to record and play for that is proven in invented time, in tests/meeting.
"""

from roomctl.cli import main
from roomctl.meeting import call

if __name__ == "__main__":
    call.SOUND_S = 0.5
    main()
