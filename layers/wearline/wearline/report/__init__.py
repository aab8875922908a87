"""The study report: ``model`` says what is in it, ``page`` makes the one HTML file of it."""
