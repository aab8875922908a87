"""The wearline command."""
