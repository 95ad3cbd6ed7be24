"""Training: one loop for every model, and the step of each."""
