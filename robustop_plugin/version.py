"""The version, and what tells two builds of the package apart."""

__version__ = "0.1.0"
