"""The shared library that the xgboost package ships, called through its documented C interface.

Importing the package would import numpy, pandas and scikit-learn with it: nothing of that is needed to serve.
Formats and configurations are those of https://xgboost.readthedocs.io/en/stable/c.html.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from scoring.model.errors import LibraryUnavailable, ModelRefused

_NAMES: Final = {"darwin": "libxgboost.dylib", "win32": "xgboost.dll"}
_USED: Final = (
    "XGBoosterCreate",
    "XGBoosterFree",
    "XGBoosterSetParam",
    "XGBoosterLoadModelFromBuffer",
    "XGBoosterPredictFromDMatrix",
    "XGDMatrixCreateFromDense",
    "XGDMatrixSetInfoFromInterface",
    "XGDMatrixFree",
)


@cache
def library() -> ctypes.CDLL:
    """The library, loaded once a process. Raises LibraryUnavailable where it is not installed or is another one."""
    return loaded(installed())


def is_loaded() -> bool:
    """Whether this process has called the library: its threads do not survive a fork, and a child that calls it then waits for ever."""
    return library.cache_info().currsize > 0


def installed() -> Path:
    """Where the library is installed. Raises LibraryUnavailable where it is not."""
    spec = find_spec("xgboost")
    name = _NAMES.get(sys.platform, "libxgboost.so")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / "lib" / name
        if path.is_file():
            return path
    raise LibraryUnavailable("the package xgboost-cpu is not installed: models with trees cannot be computed")


def loaded(path: Path) -> ctypes.CDLL:
    """A library by its path. Raises LibraryUnavailable where it cannot be loaded or lacks a function."""
    try:
        found = ctypes.CDLL(str(path))
        for name in _USED:
            getattr(found, name).restype = ctypes.c_int
        found.XGBGetLastError.restype = ctypes.c_char_p
    except (OSError, AttributeError) as problem:
        raise LibraryUnavailable(f"{path.name} cannot be used: {problem}") from problem
    return found


def called(name: str, *arguments: object) -> None:
    """Call a function that answers 0 for success. Raises ModelRefused with the library's own words, without its trace."""
    lib = library()
    if getattr(lib, name)(*arguments) != 0:
        said = (lib.XGBGetLastError() or b"").decode("utf-8", "replace")
        lines = [each.strip() for each in said.partition("Stack trace:")[0].splitlines() if each.strip()]
        raise ModelRefused([f"the library refuses the model or its rows: {' '.join(lines[:2]) or name}"])
