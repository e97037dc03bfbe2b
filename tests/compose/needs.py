"""What these tests need of the machine."""

from docker import missing

__all__ = ["missing"]
