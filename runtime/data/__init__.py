"""Content types: their items, and what may be asked of them."""
