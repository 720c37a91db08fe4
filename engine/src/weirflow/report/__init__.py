"""The run report: one self-contained page that a person would rather look at than read a log."""

from __future__ import annotations

from weirflow.report.page import render

__all__ = ["render"]
