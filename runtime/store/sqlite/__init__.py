"""The embedded engine: records and documents in one SQLite file."""
