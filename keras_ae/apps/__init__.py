"""What the verbs do, free of argparse."""
