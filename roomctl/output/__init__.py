"""Relays and lights that follow what the room knows: a lamp before its door, its own light."""
