"""Sequences of real values that end where they end: groups of rows, gestures, heartbeats, trips."""
