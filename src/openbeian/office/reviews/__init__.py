"""Human double review in the provider's workspace: packages, seats, blind marking, outcome."""
