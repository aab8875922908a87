"""The quality of a recording: the catalogue of findings, and the measures behind them."""
