"""Diagnostics: codes, spans and their rendering. Imports nothing of the project."""

from musicc.diagnostics.diagnostic import Code, Diagnostic, DiagnosticError, Fix, Note, Severity
from musicc.diagnostics.source import Source, Span

__all__ = ["Code", "Diagnostic", "DiagnosticError", "Fix", "Note", "Severity", "Source", "Span"]
