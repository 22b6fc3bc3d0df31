"""The demonstration: a whole little city hall on one machine, and Sudare in front of it."""
