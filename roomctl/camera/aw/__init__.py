"""Cameras that are asked over HTTP in Panasonic's words (AW: its PTZ cameras since 2010)."""
