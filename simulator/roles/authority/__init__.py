"""Who may compel whom: authorities, instruments, decisions, coordinated operations."""
