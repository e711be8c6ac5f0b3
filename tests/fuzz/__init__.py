"""Feeds bytes that nobody meant to send to whatever reads bytes from outside: `make fuzz`."""
