"""The registry of a top-level domain: objects, statuses, the zone and its publication."""
