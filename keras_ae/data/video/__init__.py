"""Data sets of clips: generated ones, folders of animations and image sequences, and arrays."""
