"""Predictions with an exported head for arrays, table rows and images, locally or on a server."""
