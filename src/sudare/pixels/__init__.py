"""From damage to the fewest bytes that redraw it. Pure; the hot path in C with a Python twin."""
