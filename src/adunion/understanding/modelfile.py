"""Trained models kept as .npz: arrays without pickles, written whole, refused by name when broken.

Each kind has a format number; a file of another kind, of another format, cut short or with parts
that do not fit together is told from one that `save` wrote.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile, is_zipfile
from zlib import error as ZlibError

import numpy as np
import numpy.typing as npt

from adunion.kernel.errors import AdUnionError, invalid

T = TypeVar("T")
Arrays = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class ModelFile:
    """One kind of model: what errors call it, the field that names it, and how to come by one."""

    what: str
    field: str
    hint: str
    format: int = 1

    def save(self, path: Path, **arrays: npt.ArrayLike) -> None:
        """Write it whole or not at all. Raises AdUnionError where the name does not end in .npz."""
        if path.suffix != ".npz":
            raise invalid("out", f"{path} does not end in .npz.", "Name a .npz file.")
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        held = {name: np.asarray(each) for name, each in arrays.items()}
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, format=np.array(self.format), **held)
        os.replace(part, path)

    def load(self, path: Path, make: Callable[[Arrays], T]) -> T:
        """What `make` makes of the arrays.

        Raises:
            AdUnionError: there is no such file, it is none of this kind and format, or `make`
                raised ValueError, KeyError, IndexError or TypeError: its parts do not fit together.
        """
        try:
            whole = io.BytesIO(path.read_bytes())
            if not is_zipfile(whole):
                raise BadZipFile
            with np.load(whole, allow_pickle=False) as held:
                arrays = {name: held[name] for name in held.files}
            found = int(arrays["format"])
            if found != self.format:
                raise self._bad(path, f"it is of format {found}, not {self.format}")
            return make(arrays)
        except OSError as error:
            raise self._bad(path, error.strerror or str(error)) from None
        except KeyError as error:
            raise self._bad(path, f"it has no part {error}") from None
        except (ValueError, IndexError, TypeError, AttributeError) as error:
            raise self._bad(path, str(error).split("\n")[0]) from None
        except (EOFError, BadZipFile, ZlibError, NotImplementedError):
            raise self._bad(path, "it is cut short or no .npz file") from None

    def _bad(self, path: Path, why: str) -> AdUnionError:
        return AdUnionError(
            "bad_model", f"{path} is no {self.what} of this program: {why}.", 422,
            field=self.field, hint=self.hint,
        )  # fmt: skip
