"""Reports as one HTML file that needs no script and no network: texts, tables, charts and images."""
