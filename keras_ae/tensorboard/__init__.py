"""TensorBoard's pages for a run that are written once."""
