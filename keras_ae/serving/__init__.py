"""Exported heads: their signatures, checks, and TF Serving's configuration files."""
