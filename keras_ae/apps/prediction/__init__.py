"""Predictions of an exported head for arrays, rows of a table and images, in this process or on a server."""
