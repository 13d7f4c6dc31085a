"""The room's screen: the driver that speaks to the process that owns the browser, and the messages.

Hands on no name: that process is to load the messages, and nothing of the daemon.
"""
