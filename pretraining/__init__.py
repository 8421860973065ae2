"""How the pretrained network is made: synthetic series, and training on them. Not part of the package."""
