"""Tables, releases and notebooks: what a data scientist does with the results of a study."""
