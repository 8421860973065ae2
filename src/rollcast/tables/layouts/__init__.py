"""From whatever holds a table, wide or long and with an index or without, to one long frame."""
