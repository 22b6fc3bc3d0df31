"""Sudare: see through, take nothing through."""
