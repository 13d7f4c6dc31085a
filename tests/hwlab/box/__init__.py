"""The box: a blank Debian with its own systemd, set up by the commands that the documents print."""
