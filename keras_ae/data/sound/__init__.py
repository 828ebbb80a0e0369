"""Sounds: folders of the user's own, published recordings, and generated ones."""
