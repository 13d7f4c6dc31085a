"""The room's sound: mute, volume, levels and the test sound, by a sound server and ALSA."""
