from dishtayantra_lmdb.lmdb_transport import *
