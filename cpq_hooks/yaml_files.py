"""Files that a person edits, as values with their lines; `policies.yaml_file` says how their YAML is read."""

from __future__ import annotations

from dataclasses import dataclass

from cpq_hooks.problem import Invalid, Path, Problem
from policies import yaml_file
from policies.yaml_file import YamlFile


@dataclass(frozen=True, slots=True)
class Located:
    """What a file holds, and where."""

    data: object
    file: YamlFile

    def line(self, path: Path) -> int | None:
        """The line, from 1, of the value at the path, or of the nearest thing around it."""
        for length in range(len(path), -1, -1):
            place = self.file.places.get(path[:length])
            if place is not None:
                return place[0] + 1
        return None


def read_yaml(text: str, name: str = "") -> Located:
    """The one document of the text. Raises `Invalid` with the line of each fault."""
    try:
        file = yaml_file.read(text, name)
    except yaml_file.Unreadable as unreadable:
        faults = unreadable.problems
        raise Invalid(Problem(path="$", message=each.message, code="yaml", line=each.line) for each in faults) from None
    return Located(file.value, file)
