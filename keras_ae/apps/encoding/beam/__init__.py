"""Codes in shards by an Apache Beam pipeline, on any of its runners; a shard that is there is not made anew.

    python -m keras_ae.beam RECIPE INPUT --output DIR --shards N [--join FILE] [Beam's own flags]

Workers need this package, and the exported head, the input and the output under the paths given here.
"""
