"""Tile levels: legends of tiles, games and their movement, images, and baselines."""
