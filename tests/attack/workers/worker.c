/* Puts, lends, looks and deletes until it is killed, and says which put was acknowledged: worker STORE KEY TAG. */
#include "../content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t SIZES[] = {8 * 12, 8 * 400, 8 * 7500, 8 * 40000};

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, dy_lmdb_last_error_message());
    return 1;
}

int main(int count, char **words) {
    dy_lmdb_store_t *store;
    if (count != 4) {
        return 2;
    }
    const char *key = words[2];
    char lent[64];
    snprintf(lent, sizeof lent, "%s.loan", key);
    if (store_open(words[1], 0, 0, &store) != DY_LMDB_OK) {
        return fail("opening");
    }
    for (uint64_t tag = strtoull(words[3], NULL, 10);; tag++) {
        size_t size = SIZES[tag % 4], room;
        void *bytes;
        dy_lmdb_loan_t *loan;
        bool deleted;
        if (store_put(store, key, size, tag, 0) != DY_LMDB_OK) {
            return fail("putting");
        }
        printf("%llu\n", (unsigned long long)tag);
        fflush(stdout);
        if (dy_lmdb_loan_open(store, size, &loan) != DY_LMDB_OK) {
            return fail("lending");
        }
        dy_lmdb_loan_data(loan, &bytes, &room);
        content_fill(bytes, size, tag);
        if (dy_lmdb_loan_publish(loan, NULL, 0, lent, strlen(lent), size, NULL, NULL) != DY_LMDB_OK) {
            return fail("publishing");
        }
        dy_lmdb_loan_drop(loan);
        if (store_tag(store, key) != (int64_t)tag) {
            return fail("looking");
        }
        if (tag % 3 == 0 && dy_lmdb_store_delete(store, NULL, 0, lent, strlen(lent), &deleted) != DY_LMDB_OK) {
            return fail("deleting");
        }
    }
}
