"""What one does with exported heads: labels, checks by a C++ program, conversions to other runtimes."""
