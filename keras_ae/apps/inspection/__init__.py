"""Data before training: what is understood of a file or a folder."""
