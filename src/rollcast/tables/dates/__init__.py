"""From dates and times however they are written to instants."""
