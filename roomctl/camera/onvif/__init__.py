"""Cameras that are asked in ONVIF's words: its PTZ service, in SOAP over HTTP."""
