"""Codes in few bytes: their quantization, an entropy coder of whole numbers, and the file that holds them."""
