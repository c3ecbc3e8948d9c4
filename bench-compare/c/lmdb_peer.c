/* What a C programmer would write with liblmdb alone: payloads as LMDB values, WRITEMAP | NOSYNC, MDB_RESERVE.
 *
 * The keys are those of benches/engine.rs. There is no envelope, no time-to-live index, no waiting: less work than
 * the engine does for the same put. A view is a renewed read transaction that pins the whole store, not one payload.
 *
 * usage: lmdb_peer DIRECTORY      prints subject, operation, bytes, nanoseconds (medians), tab-separated
 */
#include <lmdb.h>
#include <string.h>

#include "measure.h"

#define KEYS 8
#define VIEW_BATCH 64

static const size_t SIZES[] = {1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20};
static const size_t ROUNDS[] = {20000, 10000, 4000, 800, 80};

static void check(int code, const char *what) {
  if (code != MDB_SUCCESS) {
    fprintf(stderr, "lmdb_peer: %s: %s\n", what, mdb_strerror(code));
    exit(1);
  }
}

static MDB_env *env;
static MDB_dbi dbi;
static MDB_txn *reader;
static volatile unsigned char sink;

static MDB_val key_of(size_t i) {
  static char text[16];
  snprintf(text, sizeof text, "bench:%zu", i % KEYS);
  return (MDB_val){strlen(text), text};
}

static void put(size_t i, const void *payload, size_t size) {
  MDB_txn *txn;
  MDB_val key = key_of(i), value = {size, NULL};
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  check(mdb_put(txn, dbi, &key, &value, MDB_RESERVE), "put");
  memcpy(value.mv_data, payload, size);
  check(mdb_txn_commit(txn), "commit");
}

static void delete(size_t i) {
  MDB_txn *txn;
  MDB_val key = key_of(i);
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  check(mdb_del(txn, dbi, &key, NULL), "del");
  check(mdb_txn_commit(txn), "commit");
}

static MDB_val view(size_t i) {
  MDB_val key = key_of(i), value;
  check(mdb_txn_renew(reader), "renew");
  check(mdb_get(reader, dbi, &key, &value), "get");
  return value;
}

static void get(size_t i, void *buffer) {
  MDB_val value = view(i);
  memcpy(buffer, value.mv_data, value.mv_size);
  mdb_txn_reset(reader);
}

static void measure(size_t size, size_t rounds) {
  unsigned char *payload = malloc(size), *buffer = malloc(size);
  double *samples = malloc(rounds * sizeof *samples);
  for (size_t i = 0; i < size; i++) payload[i] = (unsigned char)(i * 31 + 7);
  memset(buffer, 1, size);

  /* The pages of every key, and those that replacing them needs, are touched before the clock starts. */
  for (size_t i = 0; i < 4 * KEYS; i++) put(i, payload, size);
  for (size_t i = 0; i < rounds; i++) {
    uint64_t start = now_ns();
    put(i, payload, size);
    samples[i] = (double)(now_ns() - start);
  }
  print_row("liblmdb", "put", size, median(samples, rounds));

  for (size_t i = 0; i < rounds; i++) {
    uint64_t start = now_ns();
    get(i, buffer);
    samples[i] = (double)(now_ns() - start);
  }
  print_row("liblmdb", "get", size, median(samples, rounds));

  size_t batches = 400;
  double *views = malloc(batches * sizeof *views);
  for (size_t batch = 0; batch < batches; batch++) {
    uint64_t start = now_ns();
    for (size_t i = 0; i < VIEW_BATCH; i++) {
      MDB_val value = view(i);
      sink = *(unsigned char *)value.mv_data;
      mdb_txn_reset(reader);
    }
    views[batch] = (double)(now_ns() - start) / VIEW_BATCH;
  }
  print_row("liblmdb", "view", size, median(views, batches));

  for (size_t i = 0; i < rounds; i++) {
    uint64_t start = now_ns();
    delete(i);
    samples[i] = (double)(now_ns() - start);
    put(i, payload, size);
  }
  print_row("liblmdb", "delete", size, median(samples, rounds));

  for (size_t i = 0; i < KEYS; i++) delete(i);
  free(views);
  free(samples);
  free(buffer);
  free(payload);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: lmdb_peer DIRECTORY\n");
    return 2;
  }
  MDB_txn *txn;
  check(mdb_env_create(&env), "env_create");
  check(mdb_env_set_mapsize(env, (size_t)1 << 30), "set_mapsize");
  check(mdb_env_set_maxdbs(env, 100), "set_maxdbs");
  check(mdb_env_set_maxreaders(env, 512), "set_maxreaders");
  check(mdb_env_open(env, argv[1], MDB_WRITEMAP | MDB_NOSYNC | MDB_NOTLS, 0600), argv[1]);
  check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
  check(mdb_dbi_open(txn, "default", MDB_CREATE, &dbi), "dbi_open");
  check(mdb_txn_commit(txn), "commit");
  check(mdb_txn_begin(env, NULL, MDB_RDONLY, &reader), "begin reader");
  mdb_txn_reset(reader);

  for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) measure(SIZES[i], ROUNDS[i]);

  mdb_txn_abort(reader);
  mdb_env_close(env);
  return 0;
}
