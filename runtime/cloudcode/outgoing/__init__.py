"""Outgoing HTTP for user code: what it may reach, and how a request gets there and back."""
