"""Gamepads and joysticks that steer a camera.

`profile` is their table in room.toml, `steering` what sticks and buttons mean, `driver` the device,
`sim` a simulated one.
"""
