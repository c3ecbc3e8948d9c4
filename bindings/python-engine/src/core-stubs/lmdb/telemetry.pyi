from dishtayantra_lmdb.telemetry import *
