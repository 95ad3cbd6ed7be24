"""After filing (F4): complaints and drift of running services."""
