"""A stand-in for the chain's loyalty system: a service of its own, with sample people and switches to misbehave."""
