"""Limits of the platform, measured on the embedded AWS: `python -m benchmarks [NAME ...]`."""
