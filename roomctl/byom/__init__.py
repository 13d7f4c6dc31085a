"""The switch that gives the room's USB camera and speakerphone to a laptop at the table."""
