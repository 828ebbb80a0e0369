"""The literature's autoencoders, one a file; found by listing this folder."""
