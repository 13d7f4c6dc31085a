"""VISCA, the language of conference cameras: frames, messages, and both ends of a conversation.

Bytes go in and out, time is an argument. Knows no port, no clock, no room and no profile file.
"""
