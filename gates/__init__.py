"""Parts of the gate that are more than a command: see the Makefile."""
