"""A panel's touches on the room's display, through the compositor or the browser's pipe."""
