"""Runs: trained recipes that are saved, loaded, evaluated, compared with baselines, described by a card."""
