"""Meetings: which platform a text means, what may be opened for it, and how a call stands.

Imports nothing: the kiosk looks at pages with one module of it, and has no use for the platforms.
"""
