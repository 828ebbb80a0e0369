"""Figures of merit of a model on a split."""
