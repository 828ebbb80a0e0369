"""Anomaly detection in files of rows: scores, spans, charts, and the drift of scores."""
