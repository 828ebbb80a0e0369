"""Implementations of the command line's verbs, without argparse."""
