"""Files of constituents: read, kept in small chunks, and made into accounts in the background.

It owns the file's rows until they are accounts or refusals; what an account may be, ``accounts``
decides. The staff console begins and watches imports; ``app`` runs the worker and the sweep.
"""

from __future__ import annotations

from doorward.imports.jobs import ImportWorker, remove_expired
from doorward.imports.model import (
    MAX_FILE_BYTES,
    MAX_ROWS,
    Column,
    Import,
    ImportState,
    RefusedRow,
    RowFault,
    render_refused_row,
)
from doorward.imports.refusals import (
    BadFile,
    FileFault,
    ImportsRefusal,
    TooManyImports,
    UnknownImport,
)
from doorward.imports.service import Imports

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_ROWS",
    "BadFile",
    "Column",
    "FileFault",
    "Import",
    "ImportState",
    "ImportWorker",
    "Imports",
    "ImportsRefusal",
    "RefusedRow",
    "RowFault",
    "TooManyImports",
    "UnknownImport",
    "remove_expired",
    "render_refused_row",
]
