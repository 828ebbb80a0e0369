"""Pages that TensorBoard shows of a run, each written once."""
