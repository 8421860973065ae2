"""From sorted rows to series on a regular grid: the step, closed days, and where a series begins and ends."""
