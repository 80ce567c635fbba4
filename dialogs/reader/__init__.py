"""YAML of a dialogue folder -> bundle, with every fault told by file and line."""

from __future__ import annotations

from dialogs.reader.bundle import CheckedFolder, check_folder, load_bundle
from dialogs.reader.problems import FlowErrors, FlowProblem

__all__ = ["CheckedFolder", "FlowErrors", "FlowProblem", "check_folder", "load_bundle"]
