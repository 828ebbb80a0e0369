"""Data sets of tile levels."""
