"""Shells that several roles serve with. They know protocols, and nothing of any role."""
