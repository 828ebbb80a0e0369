"""Several trainings compared: benchmarks and sweeps."""
