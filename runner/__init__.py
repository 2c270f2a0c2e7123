"""The runner: one YAML file per partner, one runtime that interprets it."""

__version__ = "0.1.0"
