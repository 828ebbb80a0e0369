"""Exported heads: what they serve, how they are checked, and what TF Serving finds beside them."""
