"""What roomctl costs beside the least that could do the same, and beside what the line allows.

Figures of one run are compared with each other, never with a stored number: machines differ.
"""
