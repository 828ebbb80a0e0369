"""Series as data."""
