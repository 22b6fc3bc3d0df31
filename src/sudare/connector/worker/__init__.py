"""The process of one screen session."""
