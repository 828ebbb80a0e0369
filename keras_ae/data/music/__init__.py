"""Data sets of music."""
