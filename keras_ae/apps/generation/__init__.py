"""Generation of examples with a trained decoder, and exploration of its latent space."""
