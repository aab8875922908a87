"""The protocols: sequences of effects, written against the ports."""
