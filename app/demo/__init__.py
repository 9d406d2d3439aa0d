"""A simulated company, Northlight Software: its catalog and tables, and two years of its quotes and what became of them.

Nothing in it is real. Every name and record says that it is simulated.
"""

from app.demo.documents import Document, Kind
from app.demo.generator import (
    DEMO_QUOTES,
    DEMO_SEED,
    Manifest,
    Progress,
    demo_documents,
    documents,
    generate,
    new_manifest,
)
from app.demo.odds import STANDARD_EFFECTS, Effects
from app.demo.world import DEFAULT_START, demo_catalog, demo_company, demo_files

__all__ = [
    "DEFAULT_START",
    "DEMO_QUOTES",
    "DEMO_SEED",
    "STANDARD_EFFECTS",
    "Document",
    "Effects",
    "Kind",
    "Manifest",
    "Progress",
    "demo_catalog",
    "demo_company",
    "demo_documents",
    "demo_files",
    "documents",
    "generate",
    "new_manifest",
]
