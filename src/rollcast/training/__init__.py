"""Training: compiled epochs, their history, callbacks and checkpoints."""
