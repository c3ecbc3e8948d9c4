/* What the C tests share: checks that print where they fail, and stores of their own. Valid C99 and C++17. */
#ifndef CHECK_H
#define CHECK_H

#include "dishtayantra_lmdb.h"

/* A text literal as the pointer and length that the library takes. */
#define TEXT(literal) (literal), sizeof(literal) - 1
/* No bytes; as a database, the default one. */
#define NOTHING NULL, 0

/* The condition holds. */
#define EXPECT(condition) check_holds((condition), #condition, __FILE__, __LINE__)
/* The call answers DY_LMDB_OK. */
#define EXPECT_OK(call) check_answers((call), DY_LMDB_OK, #call, __FILE__, __LINE__)
/* The call answers this failure, and the message says something. */
#define EXPECT_FAILS(status, call) check_answers((call), (status), #call, __FILE__, __LINE__)
/* The thread's last error message holds this. */
#define EXPECT_SAYS(part) check_says((part), __FILE__, __LINE__)
/* Bytes are this text literal. */
#define EXPECT_TEXT(data, size, literal) check_text((data), (size), TEXT(literal), __FILE__, __LINE__)

typedef void (*check_test_t)(void);

typedef struct check_case_t {
    const char *name;
    check_test_t run;
} check_case_t;

/* Runs the cases and says how many passed; the exit code of a program of them. */
int check_run(const char *program, const check_case_t *cases, size_t count);

void check_holds(int holds, const char *what, const char *file, int line);
void check_answers(dy_lmdb_status_t answer, dy_lmdb_status_t wanted, const char *call, const char *file, int line);
void check_says(const char *part, const char *file, int line);
void check_text(const void *data, size_t size, const char *wanted, size_t wanted_size, const char *file, int line);

/* A new, empty directory, removed at the end of the program. The text lives until then. */
const char *check_directory(void);
/* How far the tests' store may grow. */
#define CHECK_MAP_SIZE (64 << 20)
/* The directory of a store whose default database is empty. */
const char *check_store_directory(void);

/* Removes a directory whose store nobody has open any more but for references; and the one that the tests share, so that
   valgrind has the room for another. The next test that wants one gets a new one. */
void check_forget_directory(const char *directory);
void check_forget_store(void);
/* A handle of the test's own on that store; close it. */
dy_lmdb_store_t *check_store(void);
/* Puts a text, with the default options. */
void check_put(dy_lmdb_store_t *store, const char *key, const char *text);
/* An info with its size set. */
dy_lmdb_info_t check_info(void);
/* A configuration of the exchange for a directory, with more keys (", \"k\": v") appended; free it. */
char *check_config(const char *directory, const char *more);
/* A block is this text literal; frees the block. */
void check_block(dy_lmdb_bytes_t *block, const char *wanted, const char *file, int line);
/* A block holds this text; frees the block. */
void check_block_holds(dy_lmdb_bytes_t *block, const char *part, const char *file, int line);
#define EXPECT_BLOCK(block, literal) check_block((block), (literal), __FILE__, __LINE__)
#define EXPECT_BLOCK_HOLDS(block, part) check_block_holds((block), (part), __FILE__, __LINE__)

#endif
