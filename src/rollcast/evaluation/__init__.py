"""How good forecasts are: baselines, scores beside them, and what is wrong with a closed loop."""
