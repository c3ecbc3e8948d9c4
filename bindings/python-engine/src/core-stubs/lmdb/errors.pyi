from dishtayantra_lmdb.errors import *
