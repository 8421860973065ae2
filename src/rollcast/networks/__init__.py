"""What a network is: layers, bodies and heads, losses, and linear heads that are solved."""
