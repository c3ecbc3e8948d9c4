/* The header compiles alone, and twice. */
#include "dishtayantra_lmdb.h"
#include "dishtayantra_lmdb.h"

int main(void) {
    return dy_lmdb_abi_version() == DY_LMDB_ABI_VERSION ? 0 : 1;
}
