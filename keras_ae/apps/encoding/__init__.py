"""Codes of any number of examples by an exported head, and what they are written to."""
