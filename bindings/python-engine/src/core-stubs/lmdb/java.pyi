from dishtayantra_lmdb.java import *
