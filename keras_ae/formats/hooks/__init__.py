"""What formats say of their examples, one subject a file, with default bodies."""
