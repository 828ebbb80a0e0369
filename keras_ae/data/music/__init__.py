"""Music as data."""
