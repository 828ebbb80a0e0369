"""A trained recipe: saved to its folder, loaded, evaluated beside its baselines, described by a card."""
