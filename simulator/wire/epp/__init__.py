"""EPP on the wire: frames, and XML to and from values (RFC 5730 to 5734, 5910, 3915, 8590)."""
