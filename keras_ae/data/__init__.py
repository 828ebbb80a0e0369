"""Data sets: where examples come from, and the splits and batches made of them."""
