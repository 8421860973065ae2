"""From values to what a network reads: scaling, anchors and input channels."""
