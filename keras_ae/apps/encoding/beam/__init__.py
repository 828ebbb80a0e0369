"""Encoding in shards with an Apache Beam pipeline, on any of its runners; existing shards are kept.

    python -m keras_ae.apps.encoding.beam RECIPE INPUT --output DIR --shards N [--join FILE] [BEAM'S FLAGS]

Workers need this package, and the exported head, the input and the output under the paths given here.
"""
