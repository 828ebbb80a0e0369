"""Comparisons of several trainings: benchmarks and sweeps."""
