"""A column that SQLite is not to look for in an index, because another one says more.

SQLite keeps no figures of its tables unless somebody has them made, and none of how often a value is there: of two indexes it may take the
one that holds every row. PostgreSQL knows better by itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Plain(FunctionElement[Any]):
    """The column's value, read from the row."""

    name = "plain"
    inherit_cache = True

    def __init__(self, column: Column[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Plain)
def _as_it_is(element: Plain, compiler: SQLCompiler, **more: Any) -> str:
    return compiler.process(element.clauses, **more)


@compiles(Plain, "sqlite")
def _out_of_reach(element: Plain, compiler: SQLCompiler, **more: Any) -> str:
    return f"+{compiler.process(element.clauses, **more)}"
