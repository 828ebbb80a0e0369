"""Encoding of any number of examples with an exported head, into files."""
