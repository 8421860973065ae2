"""Files: written whole or not at all, and opened without pickle."""
