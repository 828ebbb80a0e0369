"""Restoration of images of any size, a tile at a time, by an exported head."""
