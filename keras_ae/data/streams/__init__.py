"""Examples read one batch after another, of data that need not fit in memory."""
