"""What people look at first: a page of days for a recording, a page of strides for its gait."""

from wearline_processor.pictures.draw import draw

__all__ = ["draw"]
