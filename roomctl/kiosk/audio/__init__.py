"""The room's sound: mute, volume, levels and the test tone, by a sound server and ALSA."""
