"""The lean engine: the same SKDH, unmodified, with a few of its functions driven differently.

Each module replaces one thing and says beside it why the numbers stay the same; tests hold every
replacement, and the whole, to SKDH's own results. Where the sums of floating-point numbers would
come in another order, nothing is replaced: SKDH's moving statistics run over the whole recording,
and in pieces they differ in the eleventh digit.
"""
