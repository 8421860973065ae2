"""The course of a fit: what is chosen from the data, which trials are run, and what is kept."""
