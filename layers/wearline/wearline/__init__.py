"""The library of Wearline: decisions, protocols, and their AWS implementations."""
