"""Tables, releases and notebooks: what a data scientist does with the results of a study."""

from wearline_analysis.study import Explained, Picture, Study, open_study

__all__ = ["Explained", "Picture", "Study", "open_study"]
