"""The process that owns a room's browser, sound and displays, and serves one daemon."""
