"""Flows from Python: open, check, plan, run, preview, and transform frames. The verbs stand on this."""

from weirflow.project.opened import Project, RunResult, open_flow

__all__ = ["Project", "RunResult", "open_flow"]
