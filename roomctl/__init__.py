"""roomctl: a meeting-room controller that belongs to no meeting vendor."""

__version__: str


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for: few processes do, and it takes 20 ms."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    globals()[name] = found = version(__name__)
    return found
