"""Streams of rows as JSON lines, and of forecasts: read once each, whatever happens in between."""
