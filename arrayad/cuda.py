"""GPUs.

There is no backend for them yet, so none is available; what asks says so.
"""

__all__ = ["device_count", "is_available"]


def is_available() -> bool:
    """Whether a GPU can be used."""
    return device_count() > 0


def device_count() -> int:
    """How many GPUs can be used."""
    from .backends import devices

    return sum(place.type == "cuda" for place in devices())
