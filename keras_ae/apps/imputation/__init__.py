"""Imputation of a file of rows: missing values are filled in by an exported head, and marked."""
