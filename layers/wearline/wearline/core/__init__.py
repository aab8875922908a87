"""Decisions without I/O. Nothing here imports AWS."""
