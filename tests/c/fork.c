/* A child made by fork() is told that the parent's handles are not its own, and opens the store again. */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif

#include "check.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_child_reopens(void) {
    dy_lmdb_store_t *store = check_store();
    dy_lmdb_bytes_t *path = NULL;
    bool present = false;
    int how = 0;
    pid_t child;
    EXPECT_OK(dy_lmdb_store_path(store, &path));
    check_put(store, "k", "of the parent");
    child = fork();
    EXPECT(child >= 0);
    if (child == 0) {
        dy_lmdb_store_t *own = NULL;
        dy_lmdb_options_t options;
        dy_lmdb_options_default(&options);
        options.flags = DY_LMDB_OPEN_EXISTING;
        EXPECT_FAILS(DY_LMDB_FORKED, dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
        EXPECT_OK(dy_lmdb_store_close(store));
        EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_store_contains(store, NOTHING, TEXT("k"), &present));
        EXPECT_OK(dy_lmdb_store_open((const char *)dy_lmdb_bytes_data(path), dy_lmdb_bytes_size(path), &options, &own));
        EXPECT_OK(dy_lmdb_store_contains(own, NOTHING, TEXT("k"), &present));
        EXPECT(present);
        check_put(own, "c", "of the child");
        EXPECT_OK(dy_lmdb_store_close(own));
        _exit(0);
    }
    EXPECT(waitpid(child, &how, 0) == child);
    EXPECT(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("c"), &present));
    EXPECT(present);
    dy_lmdb_bytes_free(path);
    EXPECT_OK(dy_lmdb_store_close(store));
}

static const check_case_t cases[] = {{"test_child_reopens", test_child_reopens}};

int main(int argc, char **argv) {
    (void)argc;
    return check_run(argv[0], cases, 1);
}
