"""Faults made to happen on the embedded AWS, with nothing of the product changed."""
