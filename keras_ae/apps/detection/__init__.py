"""Detection of anomalies in files of rows: scores, spans, charts, and how far the scores have moved."""
