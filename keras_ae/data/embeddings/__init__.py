"""Embeddings and activations: matrices of one vector an example, and patches of images."""
