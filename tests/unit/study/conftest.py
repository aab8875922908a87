"""Properties of the study configuration are slow on a busy machine, and no worse for that."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
