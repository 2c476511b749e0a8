"""Proxies that fetch for others over a leg in clear, and the client that goes by them."""
