"""Tile levels: what tiles mean, how games move over them, and how levels are drawn and mended."""
