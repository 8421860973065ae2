"""What the package runs on: Keras on JAX, compiled programs, and the versions of both."""
