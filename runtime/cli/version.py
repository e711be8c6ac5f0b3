"""relive version: which version this is."""


def version() -> None:
    """Show the version."""
    from importlib import metadata

    print(f"relive {metadata.version('relive')}")
