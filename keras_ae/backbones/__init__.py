"""Backbones: the layers between the data and a code, in both directions. One backbone a file."""
