"""Live forecasting: new and corrected rows move a state on."""
