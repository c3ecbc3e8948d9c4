"""What has one array or table in the map, as other libraries ask for it: by the buffer protocol, as
NumPy's ``__array__``, by DLPack and by the Arrow PyCapsule interface. Nothing is copied unless the
caller asks for another dtype, and what was handed out keeps the payload's place.
"""

from __future__ import annotations

from typing import Any

from .._library import optional


class Shown:
    """The base of views and loans."""

    __slots__ = ()

    def _shown_array(self) -> Any:
        """The array in place; TypeError when there is none."""
        raise NotImplementedError

    def _shown_table(self) -> Any | None:
        """The pyarrow Table or RecordBatch in place, if it is one."""
        return None

    def _shown_value(self) -> Any:
        """What is stored when this is put as a payload; TypeError when that makes no sense."""
        raise NotImplementedError

    def _exported(self) -> Any:
        """Whose buffer is shown as this one's."""
        return self._shown_array()

    def __bool__(self) -> bool:
        # Whatever its length.
        return True

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self._shown_array()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"an array of {array.dtype} is no {dtype} without a copy")
            return array.astype(dtype)
        return array.copy(order="K") if copy else array

    def __dlpack__(self, **options: Any) -> Any:
        # What is not said is not passed: the ndarrays of NumPy before 2.1 know fewer options, and
        # do not export what is read-only.
        said = {name: value for name, value in options.items() if value is not None}
        return self._shown_array().__dlpack__(**said)

    def __dlpack_device__(self) -> Any:
        return self._shown_array().__dlpack_device__()

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        table = self._shown_table()
        if table is None:
            return self._arrow_array().__arrow_c_array__(requested_schema)
        if isinstance(table, Shown):
            return table.__arrow_c_array__(requested_schema)
        pa = optional.pyarrow("Arrow")
        if not isinstance(table, pa.RecordBatch):
            batches = table.to_batches()
            if len(batches) > 1:
                raise TypeError(
                    f"a table of {len(batches)} batches is no single array; "
                    "take it by __arrow_c_stream__"
                )
            table = batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)
        return table.__arrow_c_array__(requested_schema)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        table = self._shown_table()
        if table is None:
            pa = optional.pyarrow("Arrow")
            table = pa.chunked_array([self._arrow_array()])
        return table.__arrow_c_stream__(requested_schema)

    def _arrow_array(self) -> Any:
        pa = optional.pyarrow("Arrow")
        array = self._shown_array()
        try:
            return pa.array(array)
        except pa.ArrowException as error:
            raise TypeError(
                f"an array of {array.dtype} in shape {array.shape} is no Arrow array: {error}"
            ) from error
