# Type checkers read this for ``core.lmdb``, whose modules are those of ``dishtayantra_lmdb``.
from dishtayantra_lmdb import *
from dishtayantra_lmdb import __version__ as __version__
