"""Projections of a run's codes to the plane: images, tables of coordinates, and how far to trust them."""
