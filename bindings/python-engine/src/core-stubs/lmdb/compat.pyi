from dishtayantra_lmdb.compat import *
