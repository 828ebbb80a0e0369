"""Backbones, corruptions and the few custom layers; a block takes tensors and gives tensors."""
