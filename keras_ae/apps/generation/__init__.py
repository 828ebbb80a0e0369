"""New examples from a trained decoder, and walks through the space of its codes."""
