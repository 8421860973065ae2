"""The public face: the Forecaster, what a fit leaves behind, and its file."""
