"""The embedded AWS: the whole platform on a laptop."""
