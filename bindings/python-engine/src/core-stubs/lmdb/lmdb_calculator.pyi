from dishtayantra_lmdb.lmdb_calculator import *
