"""USB cameras that the kernel's video controls steer: pan, tilt, zoom and how they see."""
