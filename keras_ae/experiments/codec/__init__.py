"""The bytes of stored examples at equal quality: codes, principal components, JPEG and WebP."""
