"""What people would use instead, started as its own documentation says, each on a port of its own."""
