from dishtayantra_lmdb.lmdb_types import *
