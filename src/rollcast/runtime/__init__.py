"""What the package runs on: Keras on JAX, compiled programs, linear algebra, and the versions of these."""
