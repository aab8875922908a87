"""The embedded AWS: ministack on loopback, with what it lacks added at its start.

`launcher` starts and stops it, from any Python. `engine` is what runs inside its own virtual
environment; it applies `mends`, one module a service, before the first request.
"""
