"""Forecasts from a state: reading rows, rolling forward, taking in new and corrected rows."""
