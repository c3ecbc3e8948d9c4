/* Puts an array and looks at it in place, with the installed C header and library. Takes the store's directory. */
#include <dishtayantra_lmdb.h>
#include <stdio.h>
#include <string.h>

static int failed(const char *what) {
    fprintf(stderr, "%s: %s\n", what, dy_lmdb_last_error_message());
    return 1;
}

int main(int argc, char **argv) {
    const double values[] = {1.5, 2.5, 4.0};
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_buffer_t payload;
    const void *data = NULL;
    size_t size = 0, i;
    double sum = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    payload.data = values;
    payload.size = sizeof values;
    if (dy_lmdb_store_open(argv[1], strlen(argv[1]), NULL, &store) != DY_LMDB_OK) return failed("open");
    if (dy_lmdb_store_put(store, NULL, 0, "c", 1, &payload, 1, NULL, NULL) != DY_LMDB_OK) return failed("put");
    if (dy_lmdb_view_open(store, NULL, 0, "c", 1, 0, &view, NULL) != DY_LMDB_OK) return failed("view");
    if (dy_lmdb_view_data(view, &data, &size) != DY_LMDB_OK) return failed("data");
    for (i = 0; i < size / sizeof(double); i++) sum += ((const double *)data)[i];
    dy_lmdb_view_close(view);
    if (dy_lmdb_store_close(store) != DY_LMDB_OK) return failed("close");
    printf("%s %g\n", dy_lmdb_version(), sum);
    return 0;
}
