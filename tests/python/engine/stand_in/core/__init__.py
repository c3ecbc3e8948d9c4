"""The package of the stand-in engine: what engines have beside ``core.lmdb``, in little."""
