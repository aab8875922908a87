"""Recordings for the demo and the tests: a stated signal model, and encoders of device formats.

    >>> from datetime import datetime
    >>> from wearline_recordings import axivity, wrist
    >>> signal = wrist.signal(hours=36, hz=50, start=datetime(2024, 3, 11, 9), seed=1)
    >>> axivity.write("S001_wrist.cwa", signal)

A signal (`wrist.signal`, `lumbar.signal`) is a recipe that yields chunks; an encoder (`axivity`,
`geneactiv`, `gt3x`, `csv_file`) writes them in constant memory; `faults` damages what was written.
The same arguments and seed give the same bytes, with the same numpy on the same kind of CPU.
"""
