"""A contract for import-linter: who may not import what, by patterns, so that rooms to come are held from their first line."""

from fnmatch import fnmatch
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DirectImportsContract(Contract):
    """Modules that match `sources` (and not `except_sources`) import nothing that matches `forbidden` (and not `allowed`)."""

    type_name = "direct"

    sources = fields.ListField(subfield=fields.StringField())
    except_sources = fields.ListField(subfield=fields.StringField(), required=False, default=[])
    forbidden = fields.ListField(subfield=fields.StringField())
    allowed = fields.ListField(subfield=fields.StringField(), required=False, default=[])

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every import of every source, against the patterns."""
        found = [
            (module, imported)
            for module in sorted(graph.modules)
            if _matches(module, self.sources) and not _matches(module, self.except_sources)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if _matches(imported, self.forbidden) and not _matches(imported, self.allowed)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line per import that must go."""
        for module, imported in check.metadata["found"]:
            output.print_error(f"{module} must not import {imported}", bold=False)
        output.new_line()


def _matches(module: str, patterns: Any) -> bool:
    return any(fnmatch(module, pattern) for pattern in patterns)
