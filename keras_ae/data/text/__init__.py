"""Texts as data: files and folders of plain text, published ones, and Python's own documentation."""
