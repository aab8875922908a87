"""A Docker engine for trials of the images: found on the machine, or run from Debian's packages."""
