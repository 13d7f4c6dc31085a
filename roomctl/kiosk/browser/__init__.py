"""The browser: as a process, its profile, one meeting in it, and what keeps it at the meeting."""
