"""From a file's bytes to a table of cells: encodings, delimiters, headers, and lines that are no rows."""
