"""The access provider: what it does to its own subscribers' traffic, and why it says so."""
