"""What can go wrong when a model's graphs are built; what an admin can mend is told in Russian, with the way out."""

from __future__ import annotations


class GraphError(Exception):
    """A graph, lexicon or inventory cannot be made or read."""


class WordUnpronounceable(GraphError):
    """Nothing tells how a word sounds."""


class ToolsMissing(GraphError):
    """A program that builds graphs or tells stresses is not installed."""
