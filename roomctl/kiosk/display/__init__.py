"""The room's displays: their power, and the pages that stand there between meetings."""
