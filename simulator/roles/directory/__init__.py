"""The public directory of a registry: RDAP and WHOIS, from the same records."""
