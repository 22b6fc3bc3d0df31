"""A little city hall from real servers on loopback: groupware and two office PCs. Starts and stops only its own."""
