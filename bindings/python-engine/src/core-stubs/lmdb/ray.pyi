from dishtayantra_lmdb.ray import *
