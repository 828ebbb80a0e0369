"""A trained recipe: kept in its folder, reopened, scored beside its baselines, shown in TensorBoard."""
