"""The conversation tests that a dialogue brings along, as a condition of publishing it."""

from __future__ import annotations
