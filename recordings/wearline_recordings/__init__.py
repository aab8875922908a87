"""Recordings made from a signal model, for the demo and the tests."""
