"""The format of texts: characters or pieces of words as classes, up to an end."""
