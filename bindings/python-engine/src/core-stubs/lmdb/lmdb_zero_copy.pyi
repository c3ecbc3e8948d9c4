from dishtayantra_lmdb.lmdb_zero_copy import *
