"""Series in memory: panels on a regular grid, the calendar behind it, gaps, parts and forecast origins."""
