"""Game levels as data."""
