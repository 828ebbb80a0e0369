"""Layers and functions of tensors that variants and tasks are built of; none knows any data."""
