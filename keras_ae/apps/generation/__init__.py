"""Generation of examples by a trained decoder, and walks through its latent space."""
