"""Data that lie elsewhere, brought to a local copy before they are read: one kind of source a file."""
