"""The web server of one room: panel, API, events, and who may ask."""
