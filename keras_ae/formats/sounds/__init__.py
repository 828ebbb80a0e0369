"""Sounds: their files, and the format of waveforms of one rate."""
