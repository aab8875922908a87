"""How the tables of two runs over the same recordings differ; no part of what computes them."""
