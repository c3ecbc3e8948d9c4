/*
 * libdishtayantra_lmdb: hands large payloads between languages and processes of one host through an LMDB
 * memory map. Generated from src/ffi by `make header`; do not edit.
 *
 * Link with -ldishtayantra_lmdb. Linux on x86_64 and aarch64. C99 and later, C++17 and later.
 *
 * Conventions of every function:
 *
 * - Status. What can fail returns a dy_lmdb_status_t: DY_LMDB_OK, or the number of what went wrong.
 *   dy_lmdb_last_error_message then says what happened, to which path, key or setting, and what to do. Any
 *   function may answer DY_LMDB_INTERNAL or DY_LMDB_PANIC for a fault of the library; no panic or exception
 *   crosses the boundary.
 * - Outputs are written only with DY_LMDB_OK, unless the function says otherwise. The place of an output must
 *   not be NULL, unless it says so.
 * - Bytes are a pointer and a length; (NULL, 0) is valid and empty. Texts are UTF-8, given by length, and need
 *   no terminating NUL; other bytes are answered with DY_LMDB_INVALID_ARGUMENT. The library keeps no pointer to
 *   what it is passed, unless the function says so.
 * - Named databases: (NULL, 0) means "default". Names that begin with "_dy_" are the library's own.
 * - Objects. What a function gives is ended by the function its documentation names: once, and not while
 *   another thread uses it. Ending NULL does nothing. A store or exchange may also be passed after it was
 *   closed: the answer is DY_LMDB_CLOSED. An object keeps alive what it needs: views, loans and documents
 *   outlive the handle of their store.
 * - Threads. Every function may be called from any thread. "Any number at once" says that calls on the same
 *   object need no lock of the caller's.
 * - Structs that begin with struct_size may grow. The caller sets it to sizeof the struct (the *_default
 *   functions do) and the library reads and writes no further. An unknown flag is refused by name.
 * - fork. A child must open its stores again: handles of the parent answer DY_LMDB_FORKED there. What it closes
 *   leaves the parent's alone.
 */

#ifndef DISHTAYANTRA_LMDB_H
#define DISHTAYANTRA_LMDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrow's C data interface, whose structs <arrow/c/abi.h> and others define. */
struct ArrowSchema;
struct ArrowArray;
struct ArrowArrayStream;

/**
 * The call did what it says.
 */
#define DY_LMDB_OK 0

/**
 * No live entry under the key: absent or expired. Also: no such element in a document, no such field in a
 * reference.
 */
#define DY_LMDB_NOT_FOUND 10

/**
 * What was waited for did not come in time.
 */
#define DY_LMDB_TIMEOUT 11

/**
 * The caller's buffer is smaller than the payload; the size output tells what is needed.
 */
#define DY_LMDB_BUFFER_TOO_SMALL 12

/**
 * A live entry is under the key and `DY_LMDB_PUT_NO_OVERWRITE` was asked for.
 */
#define DY_LMDB_KEY_EXISTS 13

/**
 * The loan is no longer ours: its holder was taken for dead, or it was published or dropped already.
 */
#define DY_LMDB_LOAN_LOST 14

/**
 * A calculator answered without ever opening the input its reference names.
 */
#define DY_LMDB_REFERENCE_IGNORED 15

/**
 * An argument no call can accept: NULL, text that is not UTF-8, an unknown flag, a wrong type.
 */
#define DY_LMDB_INVALID_ARGUMENT 20

/**
 * A configuration key with a value that is not allowed; the message names key, value and what is allowed.
 */
#define DY_LMDB_CONFIG 21

/**
 * A key that is empty or over 511 bytes, or a database name that is too long or reserved.
 */
#define DY_LMDB_BAD_KEY 22

/**
 * A payload over 4,294,836,160 bytes.
 */
#define DY_LMDB_TOO_LARGE 23

/**
 * A format that does not exist.
 */
#define DY_LMDB_BAD_FORMAT 24

/**
 * The store may not grow further and nothing can be reclaimed; the message says who pins what and which
 * setting to raise.
 */
#define DY_LMDB_MAP_FULL 30

/**
 * The file system has no space left.
 */
#define DY_LMDB_DISK_FULL 31

/**
 * Every reader slot is taken by a live reader.
 */
#define DY_LMDB_READERS_FULL 32

/**
 * Every slot for a named database is taken.
 */
#define DY_LMDB_DBS_FULL 33

/**
 * A resource limit of the process (RLIMIT_AS, RLIMIT_FSIZE) is too small for the map.
 */
#define DY_LMDB_LIMIT 34

/**
 * The directory or a file in it does not permit this.
 */
#define DY_LMDB_PERMISSION 40

/**
 * The operating system reported an error.
 */
#define DY_LMDB_IO 41

/**
 * Bytes in the store, a document or a reference that cannot be right; the message names the key and the
 * position.
 */
#define DY_LMDB_CORRUPT 42

/**
 * The directory holds a store that is not ours to use: another program's, another format version; or one of its
 * files was taken or exchanged while it is in use, which every call on it may answer.
 */
#define DY_LMDB_FOREIGN_STORE 43

/**
 * The store is open in this process through another copy of LMDB.
 */
#define DY_LMDB_ALREADY_OPEN 44

/**
 * The file system cannot hold a store.
 */
#define DY_LMDB_UNSUPPORTED 45

/**
 * The handle was closed.
 */
#define DY_LMDB_CLOSED 50

/**
 * The handle was made before a fork and is used in the child; open the store again there.
 */
#define DY_LMDB_FORKED 51

/**
 * LMDB or the engine met a state it never should.
 */
#define DY_LMDB_INTERNAL 60

/**
 * A panic was caught at the library's boundary: a fault of the library.
 */
#define DY_LMDB_PANIC 61

/**
 * The version of the C ABI described by this header. It grows when functions, fields or constants are added;
 * nothing is ever removed or renumbered.
 */
#define DY_LMDB_ABI_VERSION 2

/**
 * The level of messages of what failed without any call that could tell: a sweep.
 */
#define DY_LMDB_LOG_ERROR 1

/**
 * The level of warnings, those that `dy_lmdb_warnings_take` gives.
 */
#define DY_LMDB_LOG_WARN 2

/**
 * The level of what is worth knowing: slow calls, payloads that could not be stored.
 */
#define DY_LMDB_LOG_INFO 3

/**
 * The level of what helps to find a fault: stores opened and closed.
 */
#define DY_LMDB_LOG_DEBUG 4

/**
 * A published entry survives the death of any process, but not a power failure.
 */
#define DY_LMDB_DURABILITY_PROCESS 0

/**
 * A published entry survives a power failure too: every commit is synchronised to the disk.
 */
#define DY_LMDB_DURABILITY_SYNC 1

/**
 * Accept a directory that is a symbolic link.
 */
#define DY_LMDB_OPEN_FOLLOW_SYMLINKS 1

/**
 * Start no sweeper thread in this process; expired entries go when `dy_lmdb_store_sweep` or another process
 * sweeps.
 */
#define DY_LMDB_OPEN_NO_SWEEPER 2

/**
 * Fail with `DY_LMDB_NOT_FOUND` when the directory holds no store, instead of creating one.
 */
#define DY_LMDB_OPEN_EXISTING 4

/**
 * JSON text in UTF-8.
 */
#define DY_LMDB_FORMAT_JSON 1

/**
 * One MessagePack value.
 */
#define DY_LMDB_FORMAT_MSGPACK 2

/**
 * Bytes as they are.
 */
#define DY_LMDB_FORMAT_RAW 3

/**
 * One array as a `.npy` file holds it.
 */
#define DY_LMDB_FORMAT_NUMPY 4

/**
 * An Arrow IPC stream.
 */
#define DY_LMDB_FORMAT_ARROW 5

/**
 * Fail with `DY_LMDB_KEY_EXISTS` when a live entry is under the key.
 */
#define DY_LMDB_PUT_NO_OVERWRITE 1

/**
 * Store an XXH3-64 checksum of the payload.
 */
#define DY_LMDB_PUT_CHECKSUM 2

/**
 * Record when the entry is first opened, and whether it was answered directly: for the input of an exchange.
 */
#define DY_LMDB_PUT_TRACKED 4

/**
 * The payload lies in the entry's record; a view of it is a copy. Otherwise it has an extent of its own,
 * which views look at in place.
 */
#define DY_LMDB_INFO_INLINE 1

/**
 * `checksum` holds a checksum.
 */
#define DY_LMDB_INFO_CHECKSUM 2

/**
 * The store records when the entry is first opened.
 */
#define DY_LMDB_INFO_TRACKED 4

/**
 * The view holds a snapshot of the whole store. Not set any more: such views are copies.
 */
#define DY_LMDB_INFO_SNAPSHOT 8

/**
 * Told of views: the store's directory admits a group or others, as this process opened it. They may have written what is
 * in it, also what no checksum or length tells from damage.
 */
#define DY_LMDB_INFO_SHARED 16

/**
 * No pin was free, so the view is a copy, although the payload has an extent.
 */
#define DY_LMDB_INFO_COPIED 32

/**
 * The view does not count as opening a tracked entry: for tools that look without answering.
 */
#define DY_LMDB_VIEW_QUIET 1

/**
 * Field of `dy_lmdb_view_text`: the id of the exchange.
 */
#define DY_LMDB_TEXT_TXN_ID 1

/**
 * Field of `dy_lmdb_view_text`: who put the entry.
 */
#define DY_LMDB_TEXT_SOURCE 2

/**
 * Field of `dy_lmdb_view_text`: whom the entry is for.
 */
#define DY_LMDB_TEXT_TARGET 3

/**
 * Field of `dy_lmdb_view_text`: the key; bytes as they were put, UTF-8 or not.
 */
#define DY_LMDB_TEXT_KEY 4

/**
 * Side of an exchange: what the calculator gets.
 */
#define DY_LMDB_EXCHANGE_INPUT 1

/**
 * Side of an exchange: what it answers.
 */
#define DY_LMDB_EXCHANGE_OUTPUT 2

/**
 * Nothing is known of the answer: somebody else called the calculator.
 */
#define DY_LMDB_ANSWER_UNKNOWN 0

/**
 * The calculator returned nothing.
 */
#define DY_LMDB_ANSWER_NONE 1

/**
 * The calculator returned a value.
 */
#define DY_LMDB_ANSWER_VALUE 2

/**
 * The calculator returned `_lmdb_output_written: true`.
 */
#define DY_LMDB_ANSWER_OUTPUT_WRITTEN 3

/**
 * Nothing is known of the answer, and the caller does not want to wait.
 */
#define DY_LMDB_ANSWER_UNKNOWN_NO_WAIT 4

/**
 * The calculator failed: on a reference, one that does not know them does as likely as not.
 */
#define DY_LMDB_ANSWER_RAISED 5

/**
 * The calculator failed for a reason that has nothing to do with what it got: a connection broke, memory ran
 * out, somebody interrupted it.
 */
#define DY_LMDB_ANSWER_BROKEN_OFF 6

/**
 * What the calculator returned, or its failure, is the result.
 */
#define DY_LMDB_DECISION_TAKE_ANSWER 1

/**
 * The result is in the store, under the output key.
 */
#define DY_LMDB_DECISION_TAKE_OUTPUT 2

/**
 * The calculator never opened its input, so it computed on the reference, or it declined its input: call it
 * again with the payload itself. `dy_lmdb_exchange_settle` passes everything directly from then on, unless it
 * declined; `dy_lmdb_exchange_judge` when it is told by `dy_lmdb_exchange_repeated` that this went well.
 */
#define DY_LMDB_DECISION_REPEAT 3

/**
 * The input is another exchange's, and nothing tells whether this calculator opened it: put the payload as an
 * input of this exchange and call it again.
 */
#define DY_LMDB_DECISION_PROVE 4

/**
 * The store failed, and nothing tells what the answer is worth: call the calculator again with the payload
 * itself. `dy_lmdb_last_error_message` says why.
 */
#define DY_LMDB_DECISION_PASS_DIRECTLY 5

/**
 * Delete the input.
 */
#define DY_LMDB_CLEANUP_INPUT 1

/**
 * Delete the output.
 */
#define DY_LMDB_CLEANUP_OUTPUT 2

/**
 * Nothing.
 */
#define DY_LMDB_TYPE_NIL 0

/**
 * True or false.
 */
#define DY_LMDB_TYPE_BOOL 1

/**
 * A whole number that fits in 64 bits, signed or unsigned.
 */
#define DY_LMDB_TYPE_INT 2

/**
 * A floating-point number of 32 or 64 bits.
 */
#define DY_LMDB_TYPE_FLOAT 3

/**
 * Text in UTF-8.
 */
#define DY_LMDB_TYPE_STRING 4

/**
 * Bytes.
 */
#define DY_LMDB_TYPE_BYTES 5

/**
 * Values in a row.
 */
#define DY_LMDB_TYPE_ARRAY 6

/**
 * Keys with a value each.
 */
#define DY_LMDB_TYPE_MAP 7

/**
 * Bytes with a type number of their own.
 */
#define DY_LMDB_TYPE_EXT 8

/**
 * An array whose items are of one type and lie aligned in the payload, to be used in place:
 * `dy_lmdb_document_segment`.
 */
#define DY_LMDB_TYPE_SEGMENT 9

/**
 * The type number of the MessagePack extension that holds an exact value: a plain value that says which type of its
 * writer's language it was. All functions see the plain value; `dy_lmdb_document_exact` tells the kind.
 */
#define DY_LMDB_EXACT_EXTENSION 88

/**
 * The type number of a MessagePack extension that is kept for tables.
 */
#define DY_LMDB_TABLE_EXTENSION 84

/**
 * No exact value.
 */
#define DY_LMDB_EXACT_NONE 0

/**
 * An array that was a tuple of Python's. Numbers and texts of NumPy's have the ASCII code of NumPy's character for
 * their dtype as their kind: `DY_LMDB_DTYPE_*`, and the three below.
 */
#define DY_LMDB_EXACT_TUPLE 1

/**
 * Bytes that were a bytearray of Python's.
 */
#define DY_LMDB_EXACT_BYTEARRAY 2

/**
 * A segment that was an `array.array` of Python's.
 */
#define DY_LMDB_EXACT_ARRAY 3

/**
 * The same, with C's `long` as the type of its items.
 */
#define DY_LMDB_EXACT_ARRAY_LONG 4

/**
 * Bytes or a segment that were a memoryview of Python's.
 */
#define DY_LMDB_EXACT_MEMORYVIEW 5

/**
 * A segment that was a big-endian array of NumPy's.
 */
#define DY_LMDB_EXACT_BIG_ENDIAN 6

/**
 * A segment that was an array of NumPy's in Fortran order.
 */
#define DY_LMDB_EXACT_FORTRAN 7

/**
 * Bytes that were a `numpy.bytes_`.
 */
#define DY_LMDB_EXACT_NUMPY_BYTES 83

/**
 * Text that was a `numpy.str_`.
 */
#define DY_LMDB_EXACT_NUMPY_STR 85

/**
 * A float that was a `numpy.float16`.
 */
#define DY_LMDB_EXACT_NUMPY_FLOAT16 101

/**
 * The type number of the MessagePack extension that holds a segment.
 */
#define DY_LMDB_SEGMENT_EXTENSION 68

/**
 * Dimensions of a segment at most.
 */
#define DY_LMDB_SEGMENT_MAX_NDIM 32

/**
 * Flag of a segment: it was a list, and is given back as one by languages that tell lists from arrays.
 */
#define DY_LMDB_SEGMENT_LIST 1

/**
 * Flag of a segment without dimensions: it was a number with a type of its own, and no array.
 */
#define DY_LMDB_SEGMENT_SCALAR 2

/**
 * Items of one byte: 0 is false, 1 is true. The numbers of dtypes are the ASCII codes of NumPy's characters.
 */
#define DY_LMDB_DTYPE_BOOL 63

/**
 * Items are `int8_t`.
 */
#define DY_LMDB_DTYPE_INT8 98

/**
 * Items are `uint8_t`.
 */
#define DY_LMDB_DTYPE_UINT8 66

/**
 * Items are `int16_t`.
 */
#define DY_LMDB_DTYPE_INT16 104

/**
 * Items are `uint16_t`.
 */
#define DY_LMDB_DTYPE_UINT16 72

/**
 * Items are `int32_t`.
 */
#define DY_LMDB_DTYPE_INT32 105

/**
 * Items are `uint32_t`.
 */
#define DY_LMDB_DTYPE_UINT32 73

/**
 * Items are `int64_t`.
 */
#define DY_LMDB_DTYPE_INT64 113

/**
 * Items are `uint64_t`.
 */
#define DY_LMDB_DTYPE_UINT64 81

/**
 * Items are `float`.
 */
#define DY_LMDB_DTYPE_FLOAT32 102

/**
 * Items are `double`.
 */
#define DY_LMDB_DTYPE_FLOAT64 100

/**
 * Items are `int64_t`: points in time, in units since 1970-01-01T00:00 UTC; `INT64_MIN` is none.
 */
#define DY_LMDB_DTYPE_DATETIME64 77

/**
 * Items are `int64_t`: spans of time, in units; `INT64_MIN` is none.
 */
#define DY_LMDB_DTYPE_TIMEDELTA64 109

/**
 * Items are floats of 16 bits, IEEE 754's binary16; C has no common type for them.
 */
#define DY_LMDB_DTYPE_FLOAT16 101

/**
 * Items are two `float`s, the real part and the imaginary one, aligned as one `float`: `float complex`.
 */
#define DY_LMDB_DTYPE_COMPLEX64 70

/**
 * Items are two `double`s, the real part and the imaginary one, aligned as one `double`: `double complex`.
 */
#define DY_LMDB_DTYPE_COMPLEX128 68

/**
 * The unit of times is not said. Also the unit of every dtype that is no time.
 */
#define DY_LMDB_UNIT_GENERIC 0

/**
 * Years.
 */
#define DY_LMDB_UNIT_YEAR 1

/**
 * Months.
 */
#define DY_LMDB_UNIT_MONTH 2

/**
 * Weeks.
 */
#define DY_LMDB_UNIT_WEEK 3

/**
 * Days.
 */
#define DY_LMDB_UNIT_DAY 4

/**
 * Hours.
 */
#define DY_LMDB_UNIT_HOUR 5

/**
 * Minutes.
 */
#define DY_LMDB_UNIT_MINUTE 6

/**
 * Seconds.
 */
#define DY_LMDB_UNIT_SECOND 7

/**
 * Milliseconds.
 */
#define DY_LMDB_UNIT_MILLISECOND 8

/**
 * Microseconds.
 */
#define DY_LMDB_UNIT_MICROSECOND 9

/**
 * Nanoseconds.
 */
#define DY_LMDB_UNIT_NANOSECOND 10

/**
 * Picoseconds.
 */
#define DY_LMDB_UNIT_PICOSECOND 11

/**
 * Femtoseconds.
 */
#define DY_LMDB_UNIT_FEMTOSECOND 12

/**
 * Attoseconds.
 */
#define DY_LMDB_UNIT_ATTOSECOND 13

/**
 * What a table was made of, and is to `dy_lmdb_document_type` and its like: an array of maps, one for each row.
 */
#define DY_LMDB_TABLE_ROWS 1

/**
 * An array: the values of the one column.
 */
#define DY_LMDB_TABLE_LIST 2

/**
 * A map of arrays: the columns by their names.
 */
#define DY_LMDB_TABLE_COLUMNS 3

/**
 * A map of arrays, which was a table of pyarrow's.
 */
#define DY_LMDB_TABLE_ARROW 4

/**
 * A map of arrays, which was a record batch of pyarrow's.
 */
#define DY_LMDB_TABLE_BATCH 5

/**
 * A map of arrays, which was a frame of pandas'.
 */
#define DY_LMDB_TABLE_PANDAS 6

/**
 * A map of arrays, which was a frame of Polars'.
 */
#define DY_LMDB_TABLE_POLARS 7

/**
 * An array, which was a series of pandas'.
 */
#define DY_LMDB_TABLE_PANDAS_SERIES 8

/**
 * An array, which was a series of Polars'.
 */
#define DY_LMDB_TABLE_POLARS_SERIES 9

/**
 * Dimensions of an array in format numpy at most.
 */
#define DY_LMDB_ARRAY_MAX_NDIM 64

/**
 * Flag of an array: the first index varies fastest (Fortran's order), not the last (C's).
 */
#define DY_LMDB_ARRAY_FORTRAN 1

/**
 * Flag of an array: the bytes of each item, of complex ones those of each part, are in the other order than the
 * machine's.
 */
#define DY_LMDB_ARRAY_BIG_ENDIAN 2

/**
 * Lists of numbers with fewer items take no more room item by item than as a segment with its padding: who writes
 * documents makes segments, flagged `DY_LMDB_SEGMENT_LIST`, of those that have as many or more.
 */
#define DY_LMDB_LIST_SEGMENT_MIN 64

/**
 * A block of bytes that the library owns: a path, a key, a JSON text. It never changes; free it with
 * `dy_lmdb_bytes_free`.
 */
typedef struct dy_lmdb_bytes_t dy_lmdb_bytes_t;

/**
 * A MessagePack payload, walked where it lies. Nothing in it is trusted: bytes that cannot be right are
 * answered with `DY_LMDB_CORRUPT`, which names the position, and the key for a document of a view.
 *
 * Any number of threads may read a document; it is closed once, when no thread uses it.
 */
typedef struct dy_lmdb_document_t dy_lmdb_document_t;

/**
 * The exchange with one calculator, as its caller runs it: a configuration, the calculator's name and an
 * open store. A handle that was closed may still be passed: calls answer `DY_LMDB_CLOSED`, never undefined
 * behaviour. All calls may come from any thread.
 */
typedef struct dy_lmdb_exchange_t dy_lmdb_exchange_t;

/**
 * Keys as they were at one moment, in key order. The list never changes; free it with `dy_lmdb_keys_free`.
 */
typedef struct dy_lmdb_keys_t dy_lmdb_keys_t;

/**
 * Space in a store, lent to one producer to fill and publish. Nobody else sees it before that, and no lock
 * is held meanwhile. A loan that is dropped, or whose process dies, leaves nothing behind. It keeps its
 * store open in this process.
 *
 * One thread at a time uses a loan; it may be filled in one and published in another.
 */
typedef struct dy_lmdb_loan_t dy_lmdb_loan_t;

/**
 * A reference: what a calculator gets in place of a large payload, and what it needs to answer through the
 * store. Its fields have the names that travel:
 *
 * - `_lmdb_ref`: "true" in an object that stands for a payload;
 * - `_lmdb_input_key`: where the input is;
 * - `_lmdb_output_key`: where the output is expected; absent when the return value is the result;
 * - `_lmdb_db_path`, `_lmdb_db_name`: the store, as an absolute path, and the named database, "default" when
 *   absent;
 * - `_lmdb_format`: the format wished for the output;
 * - `_txn_id`: the id of the exchange;
 * - `_lmdb_entry`: the one payload that is meant, as the ids of the store (32 hexadecimal digits) and of the entry
 *   (16) with a colon between them; absent in references that callers build themselves, whose key decides;
 * - a marker, whose name is `_lmdb_ref_`, the entry's id, `_` and the first 8 digits of the store's: a JSON text with
 *   all it takes to resolve the reference. It says nothing that the fields above do not, but has a name of its own:
 *   when callers merge objects with references, each marker stays. `dy_lmdb_references_of` finds them.
 *
 * `dy_lmdb_reference_name` tells the names.
 *
 * Any number of threads may read a reference; one at a time sets its fields, when no other uses it.
 */
typedef struct dy_lmdb_reference_t dy_lmdb_reference_t;

/**
 * A handle on an open store: a directory that any number of processes share. Several handles on one
 * directory share one store in the process; the last to close releases it. A handle that was closed may
 * still be passed: calls answer `DY_LMDB_CLOSED`, never undefined behaviour. Each open costs a few bytes
 * that stay for this until the process ends. All calls may come from any thread.
 *
 * In a child made by fork(), handles of the parent answer `DY_LMDB_FORKED`; close them there and open again.
 */
typedef struct dy_lmdb_store_t dy_lmdb_store_t;

/**
 * A payload in place, read-only: writing to it faults. It stays valid until the view is closed, whatever
 * happens to the entry and the handle of its store. An open view keeps the payload's space from being used
 * again, and its store open in this process.
 *
 * Any number of threads may read a view; it is closed once, when no thread uses it.
 */
typedef struct dy_lmdb_view_t dy_lmdb_view_t;

/**
 * Keys that are waited for together: one thread waits in place of as many as there are keys. Any thread may add and remove
 * keys, and break the wait off; free it with `dy_lmdb_watch_free` when nobody uses it.
 */
typedef struct dy_lmdb_watch_t dy_lmdb_watch_t;

/**
 * Builds one MessagePack value, as MessagePack libraries write it: whole numbers and lengths in their
 * narrowest form, doubles in 64 bits. Arrays and maps are announced with their count and filled by the calls
 * that follow. A call that does not fit is answered with `DY_LMDB_INVALID_ARGUMENT`, which says why, and
 * changes nothing.
 *
 * What is written is copied, but for the data of segments: they are borrowed until the writer is reset or freed.
 *
 * One thread at a time uses a writer.
 */
typedef struct dy_lmdb_writer_t dy_lmdb_writer_t;

/**
 * What a call answers: `DY_LMDB_OK` or the number of what went wrong. Numbers are never used twice; later
 * versions may add some, so treat one you do not know as a failure. `dy_lmdb_last_error_message` tells the
 * details.
 */
typedef int32_t dy_lmdb_status_t;

/**
 * What hears messages: its context, the level, and the message, UTF-8 and not NUL-terminated, which ends with the call. It
 * may come from any thread, several at once, also from the library's own; no lock is held, and it may call the library.
 */
typedef void (*dy_lmdb_log_t)(void *context, uint32_t level, const char *message, size_t size);

/**
 * How a store is opened. Fill it with `dy_lmdb_options_default`, then change fields.
 */
typedef struct dy_lmdb_options_t {
    /**
     * `sizeof(dy_lmdb_options_t)` as the caller was compiled; fields beyond it keep their defaults.
     */
    size_t struct_size;
    /**
     * How far the store may grow, in bytes. 0, the default, is 1 GiB when the store is created and leaves one
     * that is there as it is; a value above the store's own raises it for everybody, with a warning.
     */
    uint64_t map_size;
    /**
     * How many bytes ahead of the used ones the sweeper keeps populated; 16 MiB by default.
     */
    uint64_t prefault;
    /**
     * Reader slots, 512 by default. The process that creates the store decides.
     */
    uint32_t max_readers;
    /**
     * Named databases, 100 by default. A store keeps the largest number it was opened with.
     */
    uint32_t max_dbs;
    /**
     * Mode of the directory, 0700 by default; bits for group or others allow a store that is shared with
     * them.
     */
    uint32_t mode;
    /**
     * One of `DY_LMDB_DURABILITY_*`; `DY_LMDB_DURABILITY_PROCESS` by default.
     */
    uint32_t durability;
    /**
     * `DY_LMDB_OPEN_*`, or-ed; 0 by default.
     */
    uint32_t flags;
    /**
     * Must be 0.
     */
    uint32_t reserved;
} dy_lmdb_options_t;

/**
 * How an entry is put. Fill it with `dy_lmdb_put_options_default`, then change fields. Texts are UTF-8 and
 * read during the call only.
 */
typedef struct dy_lmdb_put_options_t {
    /**
     * `sizeof(dy_lmdb_put_options_t)` as the caller was compiled; fields beyond it keep their defaults.
     */
    size_t struct_size;
    /**
     * One of `DY_LMDB_FORMAT_*`; `DY_LMDB_FORMAT_RAW` by default. The envelope records it, nothing checks
     * the payload against it.
     */
    uint32_t format;
    /**
     * `DY_LMDB_PUT_*`, or-ed; 0 by default.
     */
    uint32_t flags;
    /**
     * Time to live in milliseconds, 300000 by default; 0 means until deleted.
     */
    uint64_t ttl_ms;
    /**
     * Id of the exchange; when empty, one is made from the entry's id.
     */
    const char *txn_id;
    /**
     * Bytes of `txn_id`.
     */
    size_t txn_id_len;
    /**
     * Who puts the entry; may be empty.
     */
    const char *source;
    /**
     * Bytes of `source`.
     */
    size_t source_len;
    /**
     * Whom the entry is for; may be empty.
     */
    const char *target;
    /**
     * Bytes of `target`.
     */
    size_t target_len;
} dy_lmdb_put_options_t;

/**
 * A piece of memory of the caller's that the library reads during a call. `(NULL, 0)` is a valid, empty
 * piece.
 */
typedef struct dy_lmdb_buffer_t {
    /**
     * First byte; may be NULL when `size` is 0.
     */
    const void *data;
    /**
     * Bytes.
     */
    size_t size;
} dy_lmdb_buffer_t;

/**
 * What a call tells of an entry. Set `struct_size` before the call; the call leaves it as it is and writes
 * no byte beyond it.
 */
typedef struct dy_lmdb_info_t {
    /**
     * `sizeof(dy_lmdb_info_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * Id of the entry in its store; never used twice.
     */
    uint64_t entry_id;
    /**
     * Bytes of the payload.
     */
    uint64_t size;
    /**
     * When it was put: wall clock, nanoseconds since the Unix epoch.
     */
    uint64_t created_ns;
    /**
     * Time to live in milliseconds, as it was put; 0 means until deleted.
     */
    uint64_t ttl_ms;
    /**
     * XXH3-64 of the payload when `flags` has `DY_LMDB_INFO_CHECKSUM`, else 0.
     */
    uint64_t checksum;
    /**
     * Where the payload begins in the file data.mdb; 0 when it lies in the record.
     */
    uint64_t file_offset;
    /**
     * The payload, while the view that told it is open; NULL from calls that open no view.
     */
    const void *data;
    /**
     * One of `DY_LMDB_FORMAT_*`.
     */
    uint32_t format;
    /**
     * `DY_LMDB_INFO_*`, or-ed.
     */
    uint32_t flags;
} dy_lmdb_info_t;

/**
 * One entry of `dy_lmdb_store_put_many`. What it points to is read during the call only.
 */
typedef struct dy_lmdb_entry_t {
    /**
     * The key.
     */
    const void *key;
    /**
     * Bytes of the key: 1 to 511.
     */
    size_t key_len;
    /**
     * The payload's parts, joined in order.
     */
    const struct dy_lmdb_buffer_t *parts;
    /**
     * How many parts there are.
     */
    size_t nparts;
    /**
     * How to put it; NULL means the defaults.
     */
    const struct dy_lmdb_put_options_t *options;
} dy_lmdb_entry_t;

/**
 * A value in a document: its position in the payload, in bytes. Any number may be passed; one that is no
 * value's position is answered with an error or reads as some other value, never outside the payload.
 */
typedef uint64_t dy_lmdb_node_t;

/**
 * Where a walk through an array or a map stands. The caller provides the memory; nothing needs to be freed.
 */
typedef struct dy_lmdb_iterator_t {
    /**
     * The current pair's key; `DY_LMDB_NODE_NONE` in an array.
     */
    dy_lmdb_node_t key;
    /**
     * The current value.
     */
    dy_lmdb_node_t value;
    /**
     * Where the next one begins.
     */
    dy_lmdb_node_t next;
    /**
     * How many are still to come.
     */
    size_t remaining;
} dy_lmdb_iterator_t;

/**
 * An array in a document. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond
 * it.
 */
typedef struct dy_lmdb_segment_t {
    /**
     * `sizeof(dy_lmdb_segment_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The items in C order, in the payload, in the byte order of the machine (little-endian). Aligned for their
     * type; to 64 bytes when the document is that of a view. Not NULL, also when there are none.
     */
    const void *data;
    /**
     * Bytes of the items.
     */
    size_t size;
    /**
     * Bytes of one item.
     */
    size_t itemsize;
    /**
     * The segment's position in the document.
     */
    dy_lmdb_node_t node;
    /**
     * The position after it.
     */
    dy_lmdb_node_t end;
    /**
     * One of `DY_LMDB_DTYPE_*`; later versions may add some.
     */
    uint32_t dtype;
    /**
     * One of `DY_LMDB_UNIT_*` for times, else 0.
     */
    uint32_t unit;
    /**
     * `DY_LMDB_SEGMENT_LIST` and `DY_LMDB_SEGMENT_SCALAR`, or-ed.
     */
    uint32_t flags;
    /**
     * Number of dimensions: 0 for a single item, at most `DY_LMDB_SEGMENT_MAX_NDIM`.
     */
    uint32_t ndim;
    /**
     * The length of each dimension; 0 behind the last.
     */
    uint64_t shape[32];
} dy_lmdb_segment_t;

/**
 * A table in a document. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond it.
 */
typedef struct dy_lmdb_table_t {
    /**
     * `sizeof(dy_lmdb_table_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The table's position in the document.
     */
    dy_lmdb_node_t node;
    /**
     * The position after it.
     */
    dy_lmdb_node_t end;
    /**
     * How many rows it has, at most 2^32 - 1.
     */
    uint64_t rows;
    /**
     * How many columns it has: their indices are 0 to `columns` - 1.
     */
    uint32_t columns;
    /**
     * How many columns there are with those that others have, children and dictionaries, whose indices follow.
     */
    uint32_t all_columns;
    /**
     * One of `DY_LMDB_TABLE_*`; later versions may add some.
     */
    uint32_t origin;
    /**
     * 1 when it is an array to `dy_lmdb_document_type`, 0 when it is a map.
     */
    uint32_t is_array;
    /**
     * Metadata of the whole in the form of Arrow's C data interface; NULL when there are none.
     */
    const void *metadata;
    /**
     * Bytes of the metadata.
     */
    size_t metadata_size;
} dy_lmdb_table_t;

/**
 * A column of a table, or what the values of one lie in. Set `struct_size` before the call; the call leaves it as it is
 * and writes no byte beyond it.
 *
 * Buffers are as Arrow lays them out, in the payload, at multiples of 64 bytes from its start, and as long as `format`
 * and `length` need. What is *in* offsets and indices is checked by `dy_lmdb_document_check_table` alone: who follows
 * them without it compares them with the sizes.
 */
typedef struct dy_lmdb_column_t {
    /**
     * `sizeof(dy_lmdb_column_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The name, which a NUL follows.
     */
    const char *name;
    /**
     * Bytes of the name without the NUL.
     */
    size_t name_size;
    /**
     * What the values are: a format of Arrow's C data interface, which a NUL follows. With a dictionary, what the indices
     * are.
     */
    const char *format;
    /**
     * How many values there are.
     */
    uint64_t length;
    /**
     * How many of them are nil.
     */
    uint64_t nulls;
    /**
     * A bit for each value, the lowest of a byte first: 0 says nil. NULL when all are there, and for format `n`.
     */
    const uint8_t *validity;
    /**
     * The values; the bytes of texts; bits of bools; NULL when there are none.
     */
    const void *data;
    /**
     * Bytes of the data.
     */
    size_t data_size;
    /**
     * Where each text or list begins, and where the last ends: `length` + 1 integers. NULL for other formats.
     */
    const void *offsets;
    /**
     * Bytes of each offset: 4 or 8; 0 without.
     */
    uint32_t offset_size;
    /**
     * Bytes of each value in the data; 0 for bools, texts, bytes, lists and structs.
     */
    uint32_t itemsize;
    /**
     * Its index in the table.
     */
    uint32_t index;
    /**
     * The index of the column that the values are indices in; 0 when there is none.
     */
    uint32_t dictionary;
    /**
     * The index of the first child: the values of lists, the fields of structs.
     */
    uint32_t first_child;
    /**
     * How many children there are, their indices follow each other.
     */
    uint32_t children;
    /**
     * One of `DY_LMDB_DTYPE_*` for integers and floats of a segment's types without a dictionary, else 0.
     */
    uint32_t dtype;
    /**
     * Flags of Arrow's C data interface: 1 the dictionary is ordered, 2 nil is allowed.
     */
    uint32_t flags;
    /**
     * Metadata in the form of Arrow's C data interface; NULL when there are none.
     */
    const void *metadata;
    /**
     * Bytes of the metadata.
     */
    size_t metadata_size;
} dy_lmdb_column_t;

/**
 * A column that is to be written. Set `struct_size`, in each of an array of them; fields that are left zero are empty.
 */
typedef struct dy_lmdb_field_t {
    /**
     * `sizeof(dy_lmdb_field_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The name; needs no NUL.
     */
    const char *name;
    /**
     * Bytes of the name.
     */
    size_t name_size;
    /**
     * What the values are: a format of Arrow's C data interface, up to its NUL. With a dictionary, what the indices are.
     */
    const char *format;
    /**
     * How many values there are: in a table's columns as many as it has rows.
     */
    uint64_t length;
    /**
     * How many of them are nil.
     */
    uint64_t nulls;
    /**
     * A bit for each value, the lowest of a byte first: 0 says nil. May be NULL when none is.
     */
    const uint8_t *validity;
    /**
     * The values, as many bytes as `format` and `length` say; the bytes of texts, up to the last offset. May be NULL when
     * there are none, and for format `n`.
     */
    const void *data;
    /**
     * Where each text or list begins, and where the last ends: `length` + 1 integers of 4 or 8 bytes, from 0 on. NULL for
     * other formats, and when there is no value.
     */
    const void *offsets;
    /**
     * The column whose values these are indices in; NULL when there is none.
     */
    const struct dy_lmdb_field_t *dictionary;
    /**
     * The values of lists, the fields of structs: an array of them.
     */
    const struct dy_lmdb_field_t *children;
    /**
     * How many children there are.
     */
    size_t child_count;
    /**
     * Metadata in the form of Arrow's C data interface.
     */
    const void *metadata;
    /**
     * Bytes of the metadata.
     */
    size_t metadata_size;
    /**
     * Flags of Arrow's C data interface.
     */
    uint64_t flags;
} dy_lmdb_field_t;

/**
 * An array in format numpy. Set `struct_size` before the call; the call leaves it as it is and writes no byte beyond
 * it.
 */
typedef struct dy_lmdb_array_t {
    /**
     * `sizeof(dy_lmdb_array_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The items as they lie in the payload. NumPy's own files, and this library's, have them at a multiple of 64;
     * others may have them anywhere. Not NULL, also when there are none.
     */
    const void *data;
    /**
     * Bytes of the items.
     */
    size_t size;
    /**
     * Bytes of one item; 0 for texts of no length.
     */
    size_t itemsize;
    /**
     * NumPy's text of the dtype, such as "<f8", in the payload; not NUL-terminated.
     */
    const char *descr;
    /**
     * Its bytes.
     */
    size_t descr_len;
    /**
     * One of `DY_LMDB_DTYPE_*`, or 0 when the items are of another type: texts, times that count several units and
     * others, which `descr` tells; later versions may add some.
     */
    uint32_t dtype;
    /**
     * One of `DY_LMDB_UNIT_*` for times, else 0.
     */
    uint32_t unit;
    /**
     * `DY_LMDB_ARRAY_*`, or-ed.
     */
    uint32_t flags;
    /**
     * Number of dimensions: 0 for a single item, at most `DY_LMDB_ARRAY_MAX_NDIM`.
     */
    uint32_t ndim;
    /**
     * The length of each dimension; 0 behind the last. The bytes of all items, a length of 0 taken as 1, are less
     * than 2^63: strides never overflow.
     */
    uint64_t shape[64];
} dy_lmdb_array_t;

/**
 * A value of a document as doubles with a shape. Set `struct_size` before the call; the call leaves it as it is and
 * writes no byte beyond it.
 */
typedef struct dy_lmdb_numbers_t {
    /**
     * `sizeof(dy_lmdb_numbers_t)` as the caller was compiled.
     */
    size_t struct_size;
    /**
     * The doubles in C order where they lie in the payload; NULL when they are something else there, or not aligned, and
     * have to be copied.
     */
    const double *data;
    /**
     * How many there are in all dimensions.
     */
    size_t count;
    /**
     * `DY_LMDB_SEGMENT_LIST` when they are lists, or a single number, to languages that tell those from arrays; else 0.
     */
    uint32_t flags;
    /**
     * Number of dimensions: 0 for a single number, at most `DY_LMDB_SEGMENT_MAX_NDIM`.
     */
    uint32_t ndim;
    /**
     * The length of each dimension; 0 behind the last.
     */
    uint64_t shape[32];
} dy_lmdb_numbers_t;

/**
 * The outermost value.
 */
#define DY_LMDB_NODE_ROOT 0

/**
 * No value: the key of an array's elements in `dy_lmdb_iterator_t`.
 */
#define DY_LMDB_NODE_NONE 18446744073709551615ull

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The name of a status.
 *
 * - `status`: what a call answered.
 *
 * Returns the constant's name, such as "DY_LMDB_MAP_FULL"; "DY_LMDB_UNKNOWN" for a number that is no status.
 * Cannot fail.
 *
 * Memory: a constant of the library; do not free it.
 *
 * Threads: any number at once.
 */
const char *dy_lmdb_status_name(dy_lmdb_status_t status);

/**
 * Where a status is explained: what it means, and what to do.
 *
 * - `status`: what a call answered.
 *
 * Returns a place in the documentation, such as "docs/troubleshooting.md#map_full"; the page without a section
 * for `DY_LMDB_OK` and for a number that is no status. Cannot fail.
 *
 * Memory: a constant of the library; do not free it.
 *
 * Threads: any number at once.
 */
const char *dy_lmdb_status_help(dy_lmdb_status_t status);

/**
 * The library's version.
 *
 * Returns a text such as "0.1.0". Cannot fail.
 *
 * Memory: a constant of the library; do not free it.
 *
 * Threads: any number at once.
 */
const char *dy_lmdb_version(void);

/**
 * The version of the C ABI that the loaded library has.
 *
 * Returns a number to compare with `DY_LMDB_ABI_VERSION`: the library serves every program whose header has
 * the same or a smaller one. Cannot fail.
 *
 * Threads: any number at once.
 */
uint32_t dy_lmdb_abi_version(void);

/**
 * The version of the LMDB inside the library.
 *
 * Returns a text such as "LMDB 0.9.24: (July 24, 2019)". Cannot fail.
 *
 * Memory: a constant of the library; do not free it.
 *
 * Threads: any number at once.
 */
const char *dy_lmdb_lmdb_version(void);

/**
 * What the last failing call of the calling thread had to say: what happened, to which path, key or setting,
 * and what to do.
 *
 * Returns the message in UTF-8; "" when no call has failed on this thread. A call that succeeds leaves it as
 * it is. Cannot fail.
 *
 * Memory: valid until the next failing call on this thread, or its end; do not free it.
 *
 * Threads: each thread has its own message.
 */
const char *dy_lmdb_last_error_message(void);

/**
 * Has the library's messages handed to a function from now on: one for the whole process, in place of the one before. A
 * message comes when the call that it is about ends.
 *
 * - `level`: one of `DY_LMDB_LOG_*`: the least that matters.
 * - `hears`: the function; NULL: nobody hears messages.
 * - `context`: what it is called with.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: function and context stay valid until the process ends: a call may be under way when they are replaced.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_log_set(uint32_t level,
                                 dy_lmdb_log_t hears,
                                 void *context);

/**
 * Takes the warnings that calls on this thread have raised since the last time: an unknown `lmdb_*` key, an
 * option that differs from those a store is already open with, a directory that others can read. Opening and
 * parsing raise them; at most 64 are kept.
 *
 * - `json`: where to put the block: a JSON array of strings, oldest first, "[]" when there are none.
 *
 * Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when `json` is NULL.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: each thread has its own warnings.
 */
dy_lmdb_status_t dy_lmdb_warnings_take(struct dy_lmdb_bytes_t **json);

/**
 * The first byte of a block.
 *
 * - `bytes`: the block, or NULL.
 *
 * Returns a pointer to `dy_lmdb_bytes_size` bytes; they are not NUL-terminated. NULL when `bytes` is NULL.
 * Cannot fail.
 *
 * Memory: valid until the block is freed.
 *
 * Threads: any number at once.
 */
const void *dy_lmdb_bytes_data(const struct dy_lmdb_bytes_t *bytes);

/**
 * How many bytes a block has.
 *
 * - `bytes`: the block, or NULL.
 *
 * Returns the number of bytes; 0 when `bytes` is NULL. Cannot fail.
 *
 * Threads: any number at once.
 */
size_t dy_lmdb_bytes_size(const struct dy_lmdb_bytes_t *bytes);

/**
 * Frees a block.
 *
 * - `bytes`: the block; NULL does nothing.
 *
 * Memory: pointers from `dy_lmdb_bytes_data` end here. A block is freed once.
 *
 * Threads: any thread, when no other uses the block.
 */
void dy_lmdb_bytes_free(struct dy_lmdb_bytes_t *bytes);

/**
 * Fills a struct with the defaults of opening a store.
 *
 * - `options`: room for the struct; NULL does nothing. The fields of ABI version 1 are written, and
 *   `struct_size` to match, whatever the version of the library: nothing is written past the struct of an
 *   older program.
 *
 * Threads: any number at once, each on its own struct.
 */
void dy_lmdb_options_default(struct dy_lmdb_options_t *options);

/**
 * Fills a struct with the defaults of a put.
 *
 * - `options`: room for the struct; NULL does nothing. The fields of ABI version 1 are written, and
 *   `struct_size` to match, whatever the version of the library: nothing is written past the struct of an
 *   older program.
 *
 * Threads: any number at once, each on its own struct.
 */
void dy_lmdb_put_options_default(struct dy_lmdb_put_options_t *options);

/**
 * Opens the store in a directory, and creates both when they are not there. Opening a directory that is open
 * in this process gives another handle on the same store: the larger map size wins, other options that
 * differ are warned about.
 *
 * - `path`, `path_len`: the directory, UTF-8; a relative one is taken from the working directory.
 * - `options`: how to open it; NULL means the defaults.
 * - `store`: where to put the handle.
 *
 * Returns `DY_LMDB_OK`, or:
 * - `DY_LMDB_INVALID_ARGUMENT`: NULL, no UTF-8, an empty path, an unknown flag or option;
 * - `DY_LMDB_NOT_FOUND`: no store is there, and `DY_LMDB_OPEN_EXISTING` was asked for;
 * - `DY_LMDB_PERMISSION`: the directory is not permitted, another user's, a symbolic link, or writable by
 *   others and not asked to be;
 * - `DY_LMDB_FOREIGN_STORE`, `DY_LMDB_ALREADY_OPEN`, `DY_LMDB_UNSUPPORTED`, `DY_LMDB_LIMIT`,
 *   `DY_LMDB_DISK_FULL`, `DY_LMDB_IO`: as they say.
 *
 * Warnings are for `dy_lmdb_warnings_take`.
 *
 * Memory: close the handle with `dy_lmdb_store_close`.
 *
 * Threads: any number at once. The store's sweeper thread starts with its first use.
 */
dy_lmdb_status_t dy_lmdb_store_open(const char *path,
                                    size_t path_len,
                                    const struct dy_lmdb_options_t *options,
                                    struct dy_lmdb_store_t **store);

/**
 * Opens the store that a configuration describes.
 *
 * - `json`, `json_len`: a JSON object, UTF-8; its `lmdb_*` keys are read, others are somebody else's. See
 *   `dy_lmdb_config_parse`.
 * - `store`: where to put the handle.
 *
 * Returns what `dy_lmdb_store_open` does; `DY_LMDB_CONFIG` when a value is not allowed. `lmdb_enabled` is
 * not looked at.
 *
 * Memory: close the handle with `dy_lmdb_store_close`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_open_config(const char *json, size_t json_len, struct dy_lmdb_store_t **store);

/**
 * Closes a handle.
 *
 * - `store`: the handle; NULL, or one that was closed already, is nothing to do.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the pointer is no store.
 *
 * Memory: the handle may still be passed and answers `DY_LMDB_CLOSED`. Views, loans and documents made from
 * it stay valid, and keep the store open in this process until they are closed.
 *
 * Threads: any number at once. Calls under way in other threads end as they would; the last of them releases
 * the store.
 */
dy_lmdb_status_t dy_lmdb_store_close(struct dy_lmdb_store_t *store);

/**
 * Tells the directory of a store.
 *
 * - `store`: the store.
 * - `path`: where to put the block: the absolute path, not NUL-terminated.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_path(const struct dy_lmdb_store_t *store, struct dy_lmdb_bytes_t **path);

/**
 * Tells the id of a store: no other has it, not its copies nor one that takes its place. `_lmdb_entry` of references to
 * its entries begins with it.
 *
 * - `store`: the store.
 * - `id`: where to put the block: 32 hexadecimal digits, not NUL-terminated.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_id(const struct dy_lmdb_store_t *store,
                                  struct dy_lmdb_bytes_t **id);

/**
 * Removes every expired entry now, and reclaims what dead processes held. The sweeper thread does the same
 * by itself.
 *
 * - `store`: the store.
 * - `removed`: where to put the number of entries removed; may be NULL.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL`
 * or `DY_LMDB_IO`.
 *
 * Threads: any number at once; the write lock is given up every few entries.
 */
dy_lmdb_status_t dy_lmdb_store_sweep(const struct dy_lmdb_store_t *store, uint64_t *removed);

/**
 * Tells statistics of a store: entries and bytes of each database, how much of the map is used, who reads
 * and what they pin, hits, misses, expired entries and waits of this process.
 *
 * - `store`: the store.
 * - `json`: where to put the block: one JSON object.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`,
 * `DY_LMDB_READERS_FULL` or `DY_LMDB_IO`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_stats(const struct dy_lmdb_store_t *store, struct dy_lmdb_bytes_t **json);

/**
 * Tells the calls of calculators that wrappers made through the store or past it, of every process since the store was
 * made, and the last 256 that took longer than their `lmdb_slow_ms`. Looks at no entry, so it costs little.
 *
 * - `store`: the store.
 * - `json`: where to put the block: one JSON object; `docs/operations.md` says what is in it.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED` or `DY_LMDB_FORKED`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_calls(const struct dy_lmdb_store_t *store,
                                     struct dy_lmdb_bytes_t **json);

/**
 * Checks a whole store: every page of the arenas owned once, every record, loan, pin and expiry row in
 * order.
 *
 * - `store`: the store.
 * - `json`: where to put the block: one JSON object with what was counted.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when there is a fault, named by the message;
 * `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once. The time grows with the number of entries; this is for tests and operators.
 */
dy_lmdb_status_t dy_lmdb_store_audit(const struct dy_lmdb_store_t *store, struct dy_lmdb_bytes_t **json);

/**
 * Puts an entry. Readers see the old entry under the key or the new one, whole.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8, made when it is not there; (NULL, 0) means "default".
 * - `key`, `key_len`: the key, 1 to 511 bytes.
 * - `parts`, `nparts`: the payload in parts, joined in order; no parts are an empty payload. At most
 *   4,294,836,160 bytes in all.
 * - `options`: how to put it; NULL means the defaults.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns `DY_LMDB_OK`, or:
 * - `DY_LMDB_KEY_EXISTS`: a live entry is there and `DY_LMDB_PUT_NO_OVERWRITE` was asked for;
 * - `DY_LMDB_BAD_KEY`, `DY_LMDB_BAD_FORMAT`, `DY_LMDB_TOO_LARGE`, `DY_LMDB_INVALID_ARGUMENT`: the arguments
 *   cannot be put;
 * - `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL`, `DY_LMDB_DBS_FULL`: no room;
 * - `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_IO`, `DY_LMDB_INTERNAL`.
 *
 * Memory: everything passed is read during the call only.
 *
 * Threads: any number at once, in any number of processes. A large payload is copied with no lock held.
 */
dy_lmdb_status_t dy_lmdb_store_put(const struct dy_lmdb_store_t *store,
                                   const char *db,
                                   size_t db_len,
                                   const void *key,
                                   size_t key_len,
                                   const struct dy_lmdb_buffer_t *parts,
                                   size_t nparts,
                                   const struct dy_lmdb_put_options_t *options,
                                   struct dy_lmdb_info_t *info);

/**
 * Puts several entries into one database: all of them or, on failure, none. Readers see them all at once.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `entries`, `count`: the entries; of two with the same key the later stays.
 *
 * Returns what `dy_lmdb_store_put` does.
 *
 * Memory: everything passed is read during the call only.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_put_many(const struct dy_lmdb_store_t *store,
                                        const char *db,
                                        size_t db_len,
                                        const struct dy_lmdb_entry_t *entries,
                                        size_t count);

/**
 * Copies a payload into the caller's buffer. `dy_lmdb_view_open` reads it without copying.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `buffer`, `capacity`: where to copy to; (NULL, 0) asks for the size.
 * - `size`: where to put the payload's size, with `DY_LMDB_OK` and with `DY_LMDB_BUFFER_TOO_SMALL`.
 * - `info`: where to tell of the entry; may be NULL.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the entry is absent or expired; `DY_LMDB_BUFFER_TOO_SMALL`
 * when `capacity` is less than the size: nothing is copied then; `DY_LMDB_BAD_KEY`,
 * `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`
 * or `DY_LMDB_IO`.
 *
 * A tracked entry counts as opened by this call, whether or not the buffer was large enough.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_get(const struct dy_lmdb_store_t *store,
                                   const char *db,
                                   size_t db_len,
                                   const void *key,
                                   size_t key_len,
                                   void *buffer,
                                   size_t capacity,
                                   size_t *size,
                                   struct dy_lmdb_info_t *info);

/**
 * Tells whether a live entry is under a key. Does not open a tracked entry.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `present`: where to put the answer.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_READERS_FULL`,
 * `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_contains(const struct dy_lmdb_store_t *store,
                                        const char *db,
                                        size_t db_len,
                                        const void *key,
                                        size_t key_len,
                                        bool *present);

/**
 * Deletes an entry. Views of it stay valid.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `deleted`: where to put whether a live entry was there; may be NULL.
 *
 * Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`,
 * `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_delete(const struct dy_lmdb_store_t *store,
                                      const char *db,
                                      size_t db_len,
                                      const void *key,
                                      size_t key_len,
                                      bool *deleted);

/**
 * Gives a live entry a new time to live, counted from now.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `ttl_ms`: the new time to live in milliseconds; 0 means until deleted.
 * - `touched`: where to put whether a live entry was there; may be NULL.
 *
 * Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`,
 * `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_touch(const struct dy_lmdb_store_t *store,
                                     const char *db,
                                     size_t db_len,
                                     const void *key,
                                     size_t key_len,
                                     uint64_t ttl_ms,
                                     bool *touched);

/**
 * Waits until a live entry is under a key; another process may put it. The thread sleeps meanwhile.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `timeout_ms`: how long to wait in milliseconds; 0 looks once, negative waits for ever.
 *
 * Returns `DY_LMDB_OK` when it is there; `DY_LMDB_TIMEOUT` when it did not come; `DY_LMDB_BAD_KEY`,
 * `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
 *
 * Threads: any number at once. Closing the handle meanwhile does not end the wait.
 */
dy_lmdb_status_t dy_lmdb_store_wait(const struct dy_lmdb_store_t *store,
                                    const char *db,
                                    size_t db_len,
                                    const void *key,
                                    size_t key_len,
                                    int64_t timeout_ms);

/**
 * Lists the live keys that begin with a prefix.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default". One that is not there has no keys.
 * - `prefix`, `prefix_len`: what the keys begin with; (NULL, 0) lists all.
 * - `keys`: where to put the list.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`,
 * `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
 *
 * Memory: free the list with `dy_lmdb_keys_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_store_list(const struct dy_lmdb_store_t *store,
                                    const char *db,
                                    size_t db_len,
                                    const void *prefix,
                                    size_t prefix_len,
                                    struct dy_lmdb_keys_t **keys);

/**
 * How many keys a list has.
 *
 * - `keys`: the list, or NULL.
 *
 * Returns the number of keys; 0 when `keys` is NULL. Cannot fail.
 *
 * Threads: any number at once.
 */
size_t dy_lmdb_keys_count(const struct dy_lmdb_keys_t *keys);

/**
 * Tells one key of a list.
 *
 * - `keys`: the list.
 * - `index`: 0 to `dy_lmdb_keys_count` - 1.
 * - `key`, `key_len`: where to put the key and its bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` for NULL or an index beyond the list.
 *
 * Memory: the key is valid until the list is freed.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_keys_at(const struct dy_lmdb_keys_t *keys,
                                 size_t index,
                                 const void **key,
                                 size_t *key_len);

/**
 * Frees a list.
 *
 * - `keys`: the list; NULL does nothing.
 *
 * Memory: keys told by `dy_lmdb_keys_at` end here. A list is freed once.
 *
 * Threads: any thread, when no other uses the list.
 */
void dy_lmdb_keys_free(struct dy_lmdb_keys_t *keys);

/**
 * Opens a view of a payload. Nothing is copied, except a payload small enough to lie in its record.
 *
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `flags`: `DY_LMDB_VIEW_QUIET` or 0.
 * - `view`: where to put the view.
 * - `info`: where to tell of the entry, payload pointer included; may be NULL.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the entry is absent or expired; `DY_LMDB_BAD_KEY`,
 * `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CORRUPT`, `DY_LMDB_READERS_FULL`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`
 * or `DY_LMDB_IO`.
 *
 * Memory: close the view with `dy_lmdb_view_close`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_view_open(const struct dy_lmdb_store_t *store,
                                   const char *db,
                                   size_t db_len,
                                   const void *key,
                                   size_t key_len,
                                   uint32_t flags,
                                   struct dy_lmdb_view_t **view,
                                   struct dy_lmdb_info_t *info);

/**
 * Tells where the payload is.
 *
 * - `view`: the view.
 * - `data`: where to put the pointer to the first byte. It is a multiple of 64.
 * - `size`: where to put the number of bytes.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the bytes are valid until the view is closed, and must not be written to.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_view_data(const struct dy_lmdb_view_t *view, const void **data, size_t *size);

/**
 * Tells of the entry as it was when the view was opened.
 *
 * - `view`: the view.
 * - `info`: where to tell, payload pointer included.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_view_info(const struct dy_lmdb_view_t *view, struct dy_lmdb_info_t *info);

/**
 * Tells a text of the envelope.
 *
 * - `view`: the view.
 * - `field`: one of `DY_LMDB_TEXT_*`.
 * - `text`, `len`: where to put the text and its bytes; it is not NUL-terminated, and UTF-8 except for a key
 *   that was not.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` for NULL or another field.
 *
 * Memory: the text is valid until the view is closed.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_view_text(const struct dy_lmdb_view_t *view,
                                   uint32_t field,
                                   const char **text,
                                   size_t *len);

/**
 * Compares the payload with the checksum it was put with.
 *
 * - `view`: the view.
 *
 * Returns `DY_LMDB_OK`, also when there is no checksum; `DY_LMDB_CORRUPT`, naming the key, when they differ;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. It reads the whole payload.
 */
dy_lmdb_status_t dy_lmdb_view_verify(const struct dy_lmdb_view_t *view);

/**
 * Closes a view.
 *
 * - `view`: the view; NULL does nothing. It is closed once.
 *
 * Returns `DY_LMDB_OK`.
 *
 * Memory: the view and every pointer into the payload and the envelope's texts end here. A document opened
 * on the view stays valid until it is closed itself.
 *
 * Threads: any thread, when no other uses the view.
 */
dy_lmdb_status_t dy_lmdb_view_close(struct dy_lmdb_view_t *view);

/**
 * Makes a watch of nothing.
 *
 * - `watch`: where to put it.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free it with `dy_lmdb_watch_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_watch_new(struct dy_lmdb_watch_t **watch);

/**
 * Watches a key until a live entry is under it. One that is there already is told by the next wait.
 *
 * - `watch`: the watch.
 * - `store`: the store, which stays open as long as the key is watched.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key.
 * - `id`: what the caller knows it by. What was watched under it is watched no more.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY`, `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED` or `DY_LMDB_FORKED`.
 *
 * Threads: any number at once, also while others wait: they then wait for this key too.
 */
dy_lmdb_status_t dy_lmdb_watch_add(const struct dy_lmdb_watch_t *watch,
                                   const struct dy_lmdb_store_t *store,
                                   const char *db,
                                   size_t db_len,
                                   const void *key,
                                   size_t key_len,
                                   uint64_t id);

/**
 * Watches a key no more; nothing to do when it was told, or is not watched.
 *
 * - `watch`: the watch.
 * - `id`: what the caller knows the key by.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. A wait that has found the key at this moment may still tell it.
 */
dy_lmdb_status_t dy_lmdb_watch_remove(const struct dy_lmdb_watch_t *watch, uint64_t id);

/**
 * Waits until live entries are under watched keys, and watches these no more. A key that cannot be looked at (its
 * store's files were removed, say) is told too: a call of one's own on it says why.
 *
 * - `watch`: the watch.
 * - `timeout_ms`: how long to wait in milliseconds; 0 looks once, negative waits for ever.
 * - `ids`: where to put what the keys are known by, in no order.
 * - `most`: how many there is room for, 1 at least; others are told by the next wait.
 * - `count`: where to put how many were told.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_TIMEOUT` when none came; `DY_LMDB_CLOSED` when the wait was cancelled, at once also for
 * those who wait already; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once; each key is told to one of them. The thread sleeps while it waits.
 */
dy_lmdb_status_t dy_lmdb_watch_wait(const struct dy_lmdb_watch_t *watch,
                                    int64_t timeout_ms,
                                    uint64_t *ids,
                                    size_t most,
                                    size_t *count);

/**
 * Breaks the wait off: whoever waits returns at once with `DY_LMDB_CLOSED`, and so does whoever comes later.
 *
 * - `watch`: the watch.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_watch_cancel(const struct dy_lmdb_watch_t *watch);

/**
 * Frees a watch, and watches nothing for it any more.
 *
 * - `watch`: the watch; NULL is nothing to do.
 *
 * Threads: once, when no other thread uses it.
 */
void dy_lmdb_watch_free(struct dy_lmdb_watch_t *watch);

/**
 * Takes a loan.
 *
 * - `store`: the store.
 * - `size`: bytes of the payload, at most 4,294,836,160 bytes; publishing may take fewer.
 * - `loan`: where to put the loan.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_TOO_LARGE`, `DY_LMDB_MAP_FULL`, `DY_LMDB_DISK_FULL`,
 * `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`, `DY_LMDB_FORKED` or `DY_LMDB_IO`.
 *
 * Memory: end it with `dy_lmdb_loan_drop`, published or not.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_loan_open(const struct dy_lmdb_store_t *store,
                                   uint64_t size,
                                   struct dy_lmdb_loan_t **loan);

/**
 * Takes a loan and tells where to write: `dy_lmdb_loan_open` and `dy_lmdb_loan_data` in one call, for callers
 * to whom every call is dear.
 *
 * - `store`: the store.
 * - `size`: bytes of the payload, as for `dy_lmdb_loan_open`.
 * - `loan`: where to put the loan.
 * - `data`: where to put the pointer to the first byte, aligned to 64 bytes.
 *
 * Returns what `dy_lmdb_loan_open` does.
 *
 * Memory: as for the two; end the loan with `dy_lmdb_loan_drop` or `dy_lmdb_loan_finish`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_loan_take(const struct dy_lmdb_store_t *store,
                                   uint64_t size,
                                   struct dy_lmdb_loan_t **loan,
                                   void **data);

/**
 * Tells where to write.
 *
 * - `loan`: the loan.
 * - `data`: where to put the pointer to the first byte, aligned to 64 bytes. What lies there is undefined
 *   until it is written.
 * - `size`: where to put the number of bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CLOSED` when the loan was published; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: writable until the loan is published or dropped. Writing after that damages what others read.
 *
 * Threads: one at a time on a loan; the bytes may be filled by several.
 */
dy_lmdb_status_t dy_lmdb_loan_data(struct dy_lmdb_loan_t *loan, void **data, size_t *size);

/**
 * Publishes a loan as an entry: in one step readers see it, whole, instead of what was under the key.
 *
 * - `loan`: the loan.
 * - `db`, `db_len`: the named database, UTF-8, made when it is not there; (NULL, 0) means "default".
 * - `key`, `key_len`: the key, 1 to 511 bytes.
 * - `size`: bytes of the payload, from the first: at most those of the loan.
 * - `options`: how to put it; NULL means the defaults.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns what `dy_lmdb_store_put` does; `DY_LMDB_LOAN_LOST` when the loan's holder was taken for dead;
 * `DY_LMDB_CLOSED` when it was published. A failure ends the loan too, its space is given back and it
 * answers `DY_LMDB_CLOSED`, unless an argument was refused (key, name, size, format, a text), which leaves it as it was.
 *
 * Memory: the loan must still be dropped. Its bytes must not be written to any more.
 *
 * Threads: one at a time on a loan.
 */
dy_lmdb_status_t dy_lmdb_loan_publish(struct dy_lmdb_loan_t *loan,
                                      const char *db,
                                      size_t db_len,
                                      const void *key,
                                      size_t key_len,
                                      uint64_t size,
                                      const struct dy_lmdb_put_options_t *options,
                                      struct dy_lmdb_info_t *info);

/**
 * Publishes a loan and ends it: `dy_lmdb_loan_publish` and `dy_lmdb_loan_drop` in one call. The loan is dropped
 * whatever the call returns.
 *
 * - `loan`: the loan; it must not be passed again.
 * - `db`, `db_len`, `key`, `key_len`, `size`, `options`, `info`: as for `dy_lmdb_loan_publish`.
 *
 * Returns what `dy_lmdb_loan_publish` does.
 *
 * Memory: the loan and its bytes end here; a published entry stays.
 *
 * Threads: any thread, when no other uses the loan.
 */
dy_lmdb_status_t dy_lmdb_loan_finish(struct dy_lmdb_loan_t *loan,
                                     const char *db,
                                     size_t db_len,
                                     const void *key,
                                     size_t key_len,
                                     uint64_t size,
                                     const struct dy_lmdb_put_options_t *options,
                                     struct dy_lmdb_info_t *info);

/**
 * Ends a loan. One that was not published gives its space back.
 *
 * - `loan`: the loan; NULL does nothing. It is dropped once.
 *
 * Returns `DY_LMDB_OK`.
 *
 * Memory: the loan and its bytes end here; a published entry stays.
 *
 * Threads: any thread, when no other uses the loan.
 */
dy_lmdb_status_t dy_lmdb_loan_drop(struct dy_lmdb_loan_t *loan);

/**
 * Publishes a loan, all of it, as the output that a reference asks for, and wakes who waits for it. Return a mapping
 * with `_lmdb_output_written: true` then.
 *
 * - `reference`: the reference.
 * - `loan`: a loan of the store that the reference names, such as `dy_lmdb_writer_loan_output` takes.
 * - `options`: how to put it, its format above all; as for `dy_lmdb_reference_put_output`.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns what `dy_lmdb_reference_put_output` and `dy_lmdb_loan_publish` do; `DY_LMDB_FOREIGN_STORE` when the loan is of
 * another store. A failure ends the loan too.
 *
 * Memory: the loan must still be dropped. Its bytes must not be written to any more.
 *
 * Threads: one at a time on a loan.
 */
dy_lmdb_status_t dy_lmdb_reference_publish_output(const struct dy_lmdb_reference_t *reference,
                                                  struct dy_lmdb_loan_t *loan,
                                                  const struct dy_lmdb_put_options_t *options,
                                                  struct dy_lmdb_info_t *info);

/**
 * Checks a configuration and fills in the defaults.
 *
 * - `json`, `json_len`: a JSON object, UTF-8. Its `lmdb_*` keys are read; an unknown one is warned about
 *   with the nearest name (`dy_lmdb_warnings_take`). Other keys are somebody else's.
 * - `normalised`: where to put the block: a JSON object with every `lmdb_*` key, the path made absolute.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CONFIG` when the text is no JSON object or a value is not allowed, naming
 * the key, the value and what is allowed; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_config_parse(const char *json, size_t json_len, struct dy_lmdb_bytes_t **normalised);

/**
 * The names that travel, so that no program needs a list of its own, or can compare the one it has.
 *
 * - `at`: 0 to 7 for the fields in the order of `dy_lmdb_reference_fields`; 8 for what the names of markers begin
 *   with; 9 for `_lmdb_output_written`, which is true in the answer of a calculator that put its output.
 *
 * Returns a text such as "_lmdb_ref"; NULL when there is no name at `at`. Later versions may add names.
 *
 * Memory: a constant of the library; do not free it.
 *
 * Threads: any number at once.
 */
const char *dy_lmdb_reference_name(uint32_t at);

/**
 * Gathers the references in one mapping, which several may be when a caller merged mappings that were references or
 * had fields beside them. Each is to be resolved, and the payloads, which then are mappings, are joined with the other
 * fields; a name that occurs twice is an error, since nothing tells which value came last.
 *
 * - `names`, `texts`: the mapping's fields by name and text, UTF-8: at least those whose names begin with `_lmdb_`,
 *   and `_txn_id`. Other names are ignored. Of `_lmdb_ref` the text is "true" or "false"; one that is no bool says
 *   nothing, so leave it out, as what is null. Any other of these fields that is no text cannot be right.
 * - `count`: how many there are.
 * - `inputs`: room for `count` references, of which the first `*ninputs` are given: one for each payload.
 * - `ninputs`: where to put their number; 0 when the mapping is no reference.
 * - `output`: where to put a reference that says where an output is asked for; NULL when the mapping asks for none.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when a field cannot be right, naming it, and when the fields without a
 * marker stand for a payload that no marker names: a reference was merged with others in part;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the texts are copied. Free each of the references with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_references_of(const struct dy_lmdb_buffer_t *names,
                                       const struct dy_lmdb_buffer_t *texts,
                                       size_t count,
                                       struct dy_lmdb_reference_t **inputs,
                                       size_t *ninputs,
                                       struct dy_lmdb_reference_t **output);

/**
 * Makes a reference with nothing in it, to be filled with `dy_lmdb_reference_set`.
 *
 * - `reference`: where to put it.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free it with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_new(struct dy_lmdb_reference_t **reference);

/**
 * Makes a reference from JSON.
 *
 * - `json`, `json_len`: a JSON object, UTF-8; keys that are none of the names are ignored, null is an absent
 *   field.
 * - `reference`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when it is no object or a field cannot be right, naming it, and when
 * several references were merged in it (see `dy_lmdb_references_of`); `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free it with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_parse(const char *json,
                                         size_t json_len,
                                         struct dy_lmdb_reference_t **reference);

/**
 * Makes a reference of all its fields at once, for callers to whom every call is dear.
 *
 * - `fields`, `count`: the texts of the fields in the order of `dy_lmdb_reference_fields`, UTF-8; `data` NULL is
 *   an absent field, and so is each from `count` on. The marker, which the others say, is left out.
 * - `reference`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when a field cannot be right, naming it; `DY_LMDB_INVALID_ARGUMENT`,
 * also for a field that this version does not know.
 *
 * Memory: the texts are copied. Free the reference with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_from_fields(const struct dy_lmdb_buffer_t *fields,
                                               size_t count,
                                               struct dy_lmdb_reference_t **reference);

/**
 * Sets a field.
 *
 * - `reference`: the reference.
 * - `name`, `name_len`: the field's name as it travels; another name is ignored, so a whole object can be
 *   passed field by field.
 * - `value`, `value_len`: its text, UTF-8; for `_lmdb_ref` "true" or "false".
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the value cannot be right, naming field and value;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the texts are copied. Texts told by `dy_lmdb_reference_get` end here.
 *
 * Threads: one at a time on a reference.
 */
dy_lmdb_status_t dy_lmdb_reference_set(struct dy_lmdb_reference_t *reference,
                                       const char *name,
                                       size_t name_len,
                                       const char *value,
                                       size_t value_len);

/**
 * Tells a field.
 *
 * - `reference`: the reference.
 * - `name`, `name_len`: the field's name as it travels.
 * - `value`, `value_len`: where to put its text, UTF-8 and not NUL-terminated; `_lmdb_ref` is "true".
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the field is not set or no field has the name;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the text is valid until the reference is changed or freed.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_get(const struct dy_lmdb_reference_t *reference,
                                       const char *name,
                                       size_t name_len,
                                       const char **value,
                                       size_t *value_len);

/**
 * Tells every field at once, for callers to whom every call is dear.
 *
 * - `reference`: the reference.
 * - `fields`, `count`: room for as many fields, in this order: `_lmdb_ref`, `_lmdb_input_key`,
 *   `_lmdb_output_key`, `_lmdb_db_path`, `_lmdb_db_name`, `_lmdb_format`, `_txn_id`, `_lmdb_entry`, the marker
 *   (whose name is `_lmdb_ref_`, the last 16 characters of `_lmdb_entry`, `_` and its first 8). Later versions may
 *   add some at the end; only `count` are written, and those this version does not know as ones that are not set.
 *
 * A field's text is UTF-8 and not NUL-terminated, `_lmdb_ref` is "true"; one that is not set has `data` NULL.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the texts are valid until the reference is changed or freed.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_fields(const struct dy_lmdb_reference_t *reference,
                                          struct dy_lmdb_buffer_t *fields,
                                          size_t count);

/**
 * Writes a reference as JSON.
 *
 * - `reference`: the reference.
 * - `json`: where to put the block: a JSON object with the fields that are set.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_json(const struct dy_lmdb_reference_t *reference,
                                        struct dy_lmdb_bytes_t **json);

/**
 * Frees a reference. The entries it names stay.
 *
 * - `reference`: the reference; NULL does nothing.
 *
 * Memory: texts told by `dy_lmdb_reference_get` end here. A reference is freed once.
 *
 * Threads: any thread, when no other uses the reference.
 */
void dy_lmdb_reference_free(struct dy_lmdb_reference_t *reference);

/**
 * Opens a view of the input. The store it names is opened once in this process and kept open. The input
 * counts as opened from now on: whoever sent it waits for the answer.
 *
 * - `reference`: the reference.
 * - `view`: where to put the view.
 * - `info`: where to tell of the input, payload pointer included; may be NULL. Its format is what the
 *   payload is in, whatever the reference says.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the input is missing, expired or was replaced by another entry,
 * which a calculator must report and not compute on nothing; `DY_LMDB_FOREIGN_STORE` when another store is there
 * than the one the reference was made in; `DY_LMDB_PERMISSION` when it is outside of what
 * `dy_lmdb_allowed_roots_set` allows; `DY_LMDB_CONFIG` when it takes `LMDB_PATH_MAP` to find it, which cannot be read; `DY_LMDB_CORRUPT` when the reference names no input or no store; what opening a
 * store and `dy_lmdb_view_open` answer.
 *
 * Memory: close the view with `dy_lmdb_view_close`; it does not need the reference.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_view_input(const struct dy_lmdb_reference_t *reference,
                                              struct dy_lmdb_view_t **view,
                                              struct dy_lmdb_info_t *info);

/**
 * Puts the output where it is expected. Return a mapping with `_lmdb_output_written: true` then.
 *
 * - `reference`: the reference.
 * - `parts`, `nparts`: the payload in parts, joined in order.
 * - `options`: how to put it; NULL means the defaults. The id of the exchange is the reference's unless
 *   `options` has one. With the default `ttl_ms` the output lives as long as the input was to, and has a checksum when
 *   the input has one; where there is no input, or it is gone, the defaults hold.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the reference has no `_lmdb_output_key`: return the
 * result instead; `DY_LMDB_PERMISSION` when the key is not one of the reference's exchange, or another's entry is under
 * it; `DY_LMDB_CORRUPT` when it names no store; what opening a store and `dy_lmdb_store_put` answer.
 *
 * Memory: everything passed is read during the call only.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_put_output(const struct dy_lmdb_reference_t *reference,
                                              const struct dy_lmdb_buffer_t *parts,
                                              size_t nparts,
                                              const struct dy_lmdb_put_options_t *options,
                                              struct dy_lmdb_info_t *info);

/**
 * Says that the calculator answers by its return value, so that nobody waits for an output in the store.
 *
 * - `reference`: the reference.
 *
 * Returns `DY_LMDB_OK`, also when there is no input or it is gone; `DY_LMDB_CORRUPT` when the reference
 * names no store; what opening a store answers; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_settle_direct(const struct dy_lmdb_reference_t *reference);

/**
 * Says that the calculator cannot take the input from the store, because no reader of its language knows its kind
 * (a frame, say): whoever sent the reference calls it again with the payload itself, this once. Whatever the
 * calculator answers then, an error most likely, does not matter.
 *
 * - `reference`: the reference.
 *
 * Returns `DY_LMDB_OK`, also when there is nothing to do (no input, or it is gone);
 * `DY_LMDB_CORRUPT` when it names no store; what opening a store answers.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_decline(const struct dy_lmdb_reference_t *reference);

/**
 * Opens the store that a reference names. It must be there already.
 *
 * - `reference`: the reference.
 * - `store`: where to put a handle of the caller's own.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the reference names no store; `DY_LMDB_FOREIGN_STORE` and
 * `DY_LMDB_PERMISSION` as `dy_lmdb_reference_view_input`; what `dy_lmdb_store_open` answers.
 *
 * Memory: close the handle with `dy_lmdb_store_close`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_reference_store(const struct dy_lmdb_reference_t *reference,
                                         struct dy_lmdb_store_t **store);

/**
 * Says where the stores may be that references lead to, for the whole process. A reference is data: whoever writes
 * one chooses the directory that is opened. Stores that this process has open are always allowed. Without roots
 * references are followed wherever they lead, with one warning.
 *
 * - `roots`, `count`: paths, UTF-8, of stores or of directories above them, instead of those of earlier calls, of
 *   configurations (`lmdb_allowed_roots`, which exchanges add when they are opened) and of the environment
 *   (`LMDB_ALLOWED_ROOTS`). A store below a root is refused when everybody may write a directory in between, or the
 *   root itself: it has to be named.
 *
 * Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when a root is empty.
 *
 * Memory: everything passed is read during the call only.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_allowed_roots_set(const struct dy_lmdb_buffer_t *roots,
                                           size_t count);

/**
 * Says where directories are mounted here that references name by their place elsewhere, for the whole process:
 * containers mount a shared volume where they like. It is asked when a reference's store is not open in this process
 * and not at the reference's path; of the directories at or above that path the longest counts, on whole names. The
 * store found so must be the one that the reference was made in, and be where `dy_lmdb_allowed_roots_set` allows it.
 *
 * - `theirs`, `ours`, `count`: absolute paths without `..`, UTF-8, each directory elsewhere with the same directory here,
 *   instead of those of earlier calls, of configurations (`lmdb_path_map`, which exchanges add when they are opened)
 *   and of the environment (`LMDB_PATH_MAP`, a JSON object as in configurations).
 *
 * Returns `DY_LMDB_OK`, or `DY_LMDB_INVALID_ARGUMENT` when a path is not allowed.
 *
 * Memory: everything passed is read during the call only.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_path_map_set(const struct dy_lmdb_buffer_t *theirs,
                                      const struct dy_lmdb_buffer_t *ours,
                                      size_t count);

/**
 * Opens an exchange, and the store of its configuration.
 *
 * - `config`, `config_len`: a JSON object, UTF-8, with `lmdb_*` keys; see `dy_lmdb_config_parse`.
 * - `name`, `name_len`: the calculator's name, UTF-8, not empty; it is part of the keys.
 * - `exchange`: where to put the handle.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CONFIG`; what `dy_lmdb_store_open` answers. `lmdb_enabled: false` opens an
 * exchange that says no in `dy_lmdb_exchange_should`.
 *
 * Memory: close the handle with `dy_lmdb_exchange_close`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_open(const char *config,
                                       size_t config_len,
                                       const char *name,
                                       size_t name_len,
                                       struct dy_lmdb_exchange_t **exchange);

/**
 * Closes a handle.
 *
 * - `exchange`: the handle; NULL, or one that was closed already, is nothing to do.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the pointer is no exchange.
 *
 * Memory: the handle may still be passed and answers `DY_LMDB_CLOSED`. References, views and handles on its
 * store stay valid.
 *
 * Threads: any number at once. Calls under way in other threads end as they would.
 */
dy_lmdb_status_t dy_lmdb_exchange_close(struct dy_lmdb_exchange_t *exchange);

/**
 * Gives a handle on the exchange's store.
 *
 * - `exchange`: the exchange.
 * - `store`: where to put a handle of the caller's own.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: close the handle with `dy_lmdb_store_close`; it does not need the exchange.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_store(const struct dy_lmdb_exchange_t *exchange,
                                        struct dy_lmdb_store_t **store);

/**
 * Makes an id for an exchange, for callers that have none of their own: no other thread or process makes it.
 *
 * - `id`: where to put the block: 32 hexadecimal digits.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_IO` when the kernel gives no random bits; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_txn_id_make(struct dy_lmdb_bytes_t **id);

/**
 * Tells a key of the exchange: `prefix:name:id`.
 *
 * - `exchange`: the exchange.
 * - `side`: `DY_LMDB_EXCHANGE_INPUT` or `DY_LMDB_EXCHANGE_OUTPUT`.
 * - `txn_id`, `txn_id_len`: the id, UTF-8.
 * - `key`: where to put the block.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_key(const struct dy_lmdb_exchange_t *exchange,
                                      uint32_t side,
                                      const char *txn_id,
                                      size_t txn_id_len,
                                      struct dy_lmdb_bytes_t **key);

/**
 * Decides whether an input goes through the store: the exchange is enabled, its mode sends inputs, the
 * payload is not too small, and the calculator was not found to ignore references.
 *
 * - `exchange`: the exchange.
 * - `size`: bytes of the payload, or a lower bound that is at least `lmdb_min_size`.
 * - `should`: where to put the decision.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_should(const struct dy_lmdb_exchange_t *exchange,
                                         uint64_t size,
                                         bool *should);

/**
 * Puts an input, tracked, with the time to live and the checksum of the configuration, and makes the
 * reference that travels in its place. A live input is never overwritten.
 *
 * - `exchange`: the exchange.
 * - `txn_id`, `txn_id_len`: the id of the exchange, UTF-8, not empty; it names this one call.
 * - `parts`, `nparts`: the payload in parts, joined in order.
 * - `format`: one of `DY_LMDB_FORMAT_*`: what the payload is in.
 * - `reference`: where to put the reference.
 *
 * Returns `DY_LMDB_OK`, or:
 * - `DY_LMDB_KEY_EXISTS`: the id is in use;
 * - `DY_LMDB_REFERENCE_IGNORED`: the calculator ignores references; pass the payload directly;
 * - `DY_LMDB_INVALID_ARGUMENT`: also when the mode sends no inputs;
 * - what `dy_lmdb_store_put` answers: the payload can be passed directly then.
 *
 * Memory: free the reference with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once, in any number of processes.
 */
dy_lmdb_status_t dy_lmdb_exchange_put_input(const struct dy_lmdb_exchange_t *exchange,
                                            const char *txn_id,
                                            size_t txn_id_len,
                                            const struct dy_lmdb_buffer_t *parts,
                                            size_t nparts,
                                            uint32_t format,
                                            struct dy_lmdb_reference_t **reference);

/**
 * Makes the reference of an exchange without an input: where the output goes. It travels beside a payload
 * that is passed directly.
 *
 * - `exchange`: the exchange.
 * - `txn_id`, `txn_id_len`: the id of the exchange, UTF-8, not empty.
 * - `reference`: where to put the reference; it has no `_lmdb_output_key` in mode `input`.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_BAD_KEY` when name and id make too long a key, `DY_LMDB_CLOSED` or
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the reference with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_reference(const struct dy_lmdb_exchange_t *exchange,
                                            const char *txn_id,
                                            size_t txn_id_len,
                                            struct dy_lmdb_reference_t **reference);

/**
 * Tells the calls of the exchange's calculator, of every process since the store was made: its row of
 * `dy_lmdb_store_calls`.
 *
 * - `exchange`: the exchange.
 * - `json`: where to put the block: one JSON object.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free the block with `dy_lmdb_bytes_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_calls(const struct dy_lmdb_exchange_t *exchange,
                                        struct dy_lmdb_bytes_t **json);

/**
 * Counts a payload that could not be stored because the caller cannot write it in any format, so that it is passed
 * directly. What `dy_lmdb_exchange_put_input` refuses is counted there.
 *
 * - `exchange`: the exchange.
 * - `why`, `why_len`: the reason, UTF-8; the last one is kept, up to 120 bytes of it.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_refused(const struct dy_lmdb_exchange_t *exchange,
                                          const char *why,
                                          size_t why_len);

/**
 * Says how long a call took whose input this exchange did not put: another did, or there is none (exchange mode `output`).
 * The call is timed as others through the store, and kept when it took as long as `lmdb_slow_ms`.
 *
 * - `exchange`: the exchange.
 * - `reference`: what the calculator got.
 * - `us`: microseconds from the reference to the result.
 * - `calculate_us`: those of them that the calculator took.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_called(const struct dy_lmdb_exchange_t *exchange,
                                         const struct dy_lmdb_reference_t *reference,
                                         uint64_t us,
                                         uint64_t calculate_us);

/**
 * Says how long a call took whose payload was passed directly: it is kept when that is as long as `lmdb_slow_ms`. What goes
 * through the store is timed there.
 *
 * - `exchange`: the exchange.
 * - `us`: microseconds.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_passed_directly(const struct dy_lmdb_exchange_t *exchange,
                                                  uint64_t us);

/**
 * Tells whether the calculator was found to ignore references: payloads are passed directly then.
 *
 * - `exchange`: the exchange.
 * - `ignored`: where to put the answer.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_ignored(const struct dy_lmdb_exchange_t *exchange, bool *ignored);

/**
 * Makes the reference that stands for the output of another, to travel in place of the result.
 *
 * - `exchange`: the exchange.
 * - `reference`: what the calculator got.
 * - `output`: where to put the reference.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the output is missing or expired; `DY_LMDB_CLOSED`;
 * `DY_LMDB_INVALID_ARGUMENT`, also when the reference asks for no output; what opening its store answers when that is
 * not the exchange's.
 *
 * Memory: free the new reference with `dy_lmdb_reference_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_output_reference(const struct dy_lmdb_exchange_t *exchange,
                                                   const struct dy_lmdb_reference_t *reference,
                                                   struct dy_lmdb_reference_t **output);

/**
 * Decides what a calculator's answer means, so that nothing computed on a reference is taken for a result
 * and nobody waits without need.
 *
 * An output that is there is taken; one that was announced is waited for. An input nobody opened means that
 * the calculator computed on the reference, or failed on it: repeat with the payload; so does one that it
 * declined (`dy_lmdb_reference_decline`), whatever it answered. When it was opened, a returned value, or a failure, is the
 * result; when nothing was returned or nothing is known, the output is waited for, unless the calculator
 * said that it answers directly. An input that is another exchange's is proven with one of this exchange's own, until
 * the calculator was seen opening one.
 *
 * - `exchange`: the exchange.
 * - `reference`: the reference that the calculator got.
 * - `answer`: one of `DY_LMDB_ANSWER_*`.
 * - `timeout_ms`: how long to wait in milliseconds; negative means `lmdb_wait_timeout` of the configuration.
 * - `decision`: where to put one of `DY_LMDB_DECISION_*`.
 *
 * Returns `DY_LMDB_OK`, also when the store fails or the exchange was closed (`DY_LMDB_DECISION_PASS_DIRECTLY`);
 * `DY_LMDB_TIMEOUT` when the input was opened, or the output announced, and nothing came; `DY_LMDB_CORRUPT` when
 * an output was announced that the reference does not ask for, or an entry is damaged; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. The thread sleeps while it waits.
 */
dy_lmdb_status_t dy_lmdb_exchange_judge(const struct dy_lmdb_exchange_t *exchange,
                                        const struct dy_lmdb_reference_t *reference,
                                        uint32_t answer,
                                        int64_t timeout_ms,
                                        uint32_t *decision);

/**
 * Says that a calculator that was called again with the payload (`DY_LMDB_DECISION_REPEAT`) returned a result:
 * payloads are passed to it directly from now on, with a warning (`dy_lmdb_warnings_take`) the first time. Not
 * when it declined its input, the input is another exchange's, or the store was removed meanwhile.
 *
 * - `exchange`: the exchange.
 * - `reference`: the reference that the calculator got, not cleaned up yet.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CLOSED` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_repeated(const struct dy_lmdb_exchange_t *exchange,
                                           const struct dy_lmdb_reference_t *reference);

/**
 * Decides as `dy_lmdb_exchange_judge` does, for a caller that can only take an answer or repeat a call: an input
 * nobody opened means at once that the calculator ignores references, whether the repeated call goes well or
 * not, and a returned value whose input is another exchange's is repeated unless the calculator opened it.
 *
 * - `exchange`: the exchange.
 * - `reference`: the reference that the calculator got.
 * - `answer`: one of `DY_LMDB_ANSWER_*`, but for `DY_LMDB_ANSWER_RAISED` and `DY_LMDB_ANSWER_BROKEN_OFF`.
 * - `timeout_ms`: how long to wait in milliseconds; negative means `lmdb_wait_timeout` of the configuration.
 * - `decision`: where to put one of `DY_LMDB_DECISION_*`, up to `DY_LMDB_DECISION_REPEAT`.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_TIMEOUT` when the input was opened, or the output announced, and nothing
 * came; `DY_LMDB_CORRUPT` when an output was announced that the reference does not ask for;
 * `DY_LMDB_CLOSED`, `DY_LMDB_FORKED`, `DY_LMDB_READERS_FULL`, `DY_LMDB_IO` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. The thread sleeps while it waits.
 */
dy_lmdb_status_t dy_lmdb_exchange_settle(const struct dy_lmdb_exchange_t *exchange,
                                         const struct dy_lmdb_reference_t *reference,
                                         uint32_t answer,
                                         int64_t timeout_ms,
                                         uint32_t *decision);

/**
 * Deletes what an exchange put. Views of it stay valid. An input that another exchange put is left to that
 * one.
 *
 * - `exchange`: the exchange.
 * - `reference`: the reference that the calculator got.
 * - `flags`: `DY_LMDB_CLEANUP_*`, or-ed.
 *
 * Returns `DY_LMDB_OK`, also when nothing was there; `DY_LMDB_INVALID_ARGUMENT`, `DY_LMDB_CLOSED`,
 * `DY_LMDB_FORKED`, `DY_LMDB_DISK_FULL` or `DY_LMDB_IO`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_exchange_cleanup(const struct dy_lmdb_exchange_t *exchange,
                                          const struct dy_lmdb_reference_t *reference,
                                          uint32_t flags);

/**
 * Opens the payload of a view as a document. Looks at nothing yet; `dy_lmdb_document_validate` checks it
 * from end to end.
 *
 * - `view`: the view.
 * - `document`: where to put the document.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: close it with `dy_lmdb_document_close`. It holds the payload itself: the view may be closed before
 * it.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_open(const struct dy_lmdb_view_t *view,
                                       struct dy_lmdb_document_t **document);

/**
 * Whether a document is a map that stands for another payload, or for several: `_lmdb_ref` is true in it, or there is a
 * marker (see `dy_lmdb_references_of`). Where values are read in place nobody follows it; a calculator declines such an
 * input with `dy_lmdb_reference_decline`.
 *
 * - `document`: the document.
 * - `refers`: where to put 1 or 0. What is damaged does not refer: reading it says what is wrong.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_refers(const struct dy_lmdb_document_t *document,
                                         uint8_t *refers);

/**
 * Opens bytes of the caller's as a document. Looks at nothing yet.
 *
 * - `data`, `size`: the payload.
 * - `document`: where to put the document.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: the bytes are borrowed: they must stay, unchanged, until the document is closed with
 * `dy_lmdb_document_close`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_from_bytes(const void *data,
                                             size_t size,
                                             struct dy_lmdb_document_t **document);

/**
 * Closes a document.
 *
 * - `document`: the document; NULL does nothing. It is closed once.
 *
 * Returns `DY_LMDB_OK`.
 *
 * Memory: the document and the texts and bytes it told end here (unless the view they lie in is still open).
 *
 * Threads: any thread, when no other uses the document.
 */
dy_lmdb_status_t dy_lmdb_document_close(struct dy_lmdb_document_t *document);

/**
 * Checks a whole document: one value, well formed to its end, its texts UTF-8, its segments as their headers say,
 * nothing after it.
 *
 * - `document`: the document.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT`, naming the position of the first fault;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. It reads the whole payload.
 */
dy_lmdb_status_t dy_lmdb_document_validate(const struct dy_lmdb_document_t *document);

/**
 * Finds a value by a path of keys and indices, such as "a.b.0".
 *
 * - `document`: the document.
 * - `from`: where the path begins; `DY_LMDB_NODE_ROOT` for the outermost value.
 * - `path`, `path_len`: keys of maps and indices of arrays, from 0, separated by dots; the empty path is
 *   `from` itself. A key that holds a dot is reached with `dy_lmdb_document_get`.
 * - `found`: where to put the value's position.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`, naming the step that leads nowhere; `DY_LMDB_CORRUPT`;
 * `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once. The time grows with what lies before the value.
 */
dy_lmdb_status_t dy_lmdb_document_find(const struct dy_lmdb_document_t *document,
                                       dy_lmdb_node_t from,
                                       const char *path,
                                       size_t path_len,
                                       dy_lmdb_node_t *found);

/**
 * Finds the value of a key in a map.
 *
 * - `document`: the document.
 * - `map`: the map.
 * - `key`, `key_len`: the key, UTF-8, taken literally.
 * - `found`: where to put the value's position; the first when the map holds the key more than once.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`; `DY_LMDB_CORRUPT`; `DY_LMDB_INVALID_ARGUMENT` also when `map`
 * is no map.
 *
 * Threads: any number at once. The time grows with what lies before the value.
 */
dy_lmdb_status_t dy_lmdb_document_get(const struct dy_lmdb_document_t *document,
                                      dy_lmdb_node_t map,
                                      const char *key,
                                      size_t key_len,
                                      dy_lmdb_node_t *found);

/**
 * Finds the value at an index of an array.
 *
 * - `document`: the document.
 * - `array`: the array.
 * - `index`: counted from 0.
 * - `found`: where to put the value's position.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND` when the array is shorter; `DY_LMDB_CORRUPT`;
 * `DY_LMDB_INVALID_ARGUMENT` also when `array` is no array.
 *
 * Threads: any number at once. The time grows with the index; `dy_lmdb_document_iterate` goes through all
 * values in one pass.
 */
dy_lmdb_status_t dy_lmdb_document_at(const struct dy_lmdb_document_t *document,
                                     dy_lmdb_node_t array,
                                     size_t index,
                                     dy_lmdb_node_t *found);

/**
 * Begins to go through an array or a map. `dy_lmdb_document_next` then moves to its first value.
 *
 * - `document`: the document.
 * - `node`: the array or map.
 * - `iterator`: room for the iterator; all of it is written.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once, each with its own iterator.
 */
dy_lmdb_status_t dy_lmdb_document_iterate(const struct dy_lmdb_document_t *document,
                                          dy_lmdb_node_t node,
                                          struct dy_lmdb_iterator_t *iterator);

/**
 * Moves to the next value of an array, or the next pair of a map.
 *
 * - `document`: the document.
 * - `iterator`: from `dy_lmdb_document_iterate`; its `key` and `value` are the current pair afterwards. It
 *   stays as it was when there is nothing more.
 * - `more`: where to put whether there was a next one.
 *
 * Returns `DY_LMDB_OK`, also at the end; `DY_LMDB_CORRUPT`; `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once, each with its own iterator. A whole walk is one pass over the container.
 */
dy_lmdb_status_t dy_lmdb_document_next(const struct dy_lmdb_document_t *document,
                                       struct dy_lmdb_iterator_t *iterator,
                                       bool *more);

/**
 * Tells which type of its writer's language a value was, beside the plain value that all other functions see.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `kind`: where to put one of `DY_LMDB_EXACT_*`, `DY_LMDB_EXACT_NONE` for most values; later versions may add some.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CORRUPT` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_exact(const struct dy_lmdb_document_t *document,
                                        dy_lmdb_node_t node,
                                        uint32_t *kind);

/**
 * Tells what a value is.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `kind`: where to put one of `DY_LMDB_TYPE_*`; later versions may add some.
 *
 * Returns `DY_LMDB_OK`, `DY_LMDB_CORRUPT` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_type(const struct dy_lmdb_document_t *document,
                                       dy_lmdb_node_t node,
                                       uint32_t *kind);

/**
 * Tells how much a value holds: the values of an array, the pairs of a map, the bytes of a string or of
 * bytes, the items of a segment in all its dimensions.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `count`: where to put the number.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_count(const struct dy_lmdb_document_t *document,
                                        dy_lmdb_node_t node,
                                        size_t *count);

/**
 * Reads a bool.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `value`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_bool(const struct dy_lmdb_document_t *document,
                                       dy_lmdb_node_t node,
                                       bool *value);

/**
 * Reads a whole number as a signed one.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `value`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type or a number that does not fit;
 * `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_int64(const struct dy_lmdb_document_t *document,
                                        dy_lmdb_node_t node,
                                        int64_t *value);

/**
 * Reads a whole number as an unsigned one.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `value`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type or a number below zero;
 * `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_uint64(const struct dy_lmdb_document_t *document,
                                         dy_lmdb_node_t node,
                                         uint64_t *value);

/**
 * Reads a number as a double; a whole number becomes the nearest double.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `value`: where to put it.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_double(const struct dy_lmdb_document_t *document,
                                         dy_lmdb_node_t node,
                                         double *value);

/**
 * Reads a text in place.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `text`, `len`: where to put the text, UTF-8 and not NUL-terminated, and its bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT` also when it is
 * not UTF-8.
 *
 * Memory: the text lies in the payload and is valid as long as that: until the document is closed, or the
 * view, whichever is later.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_string(const struct dy_lmdb_document_t *document,
                                         dy_lmdb_node_t node,
                                         const char **text,
                                         size_t *len);

/**
 * Reads bytes in place.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `data`, `size`: where to put the pointer to the first byte and the number of bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type; `DY_LMDB_CORRUPT`.
 *
 * Memory: they lie in the payload and are valid as long as that: until the document is closed, or the view,
 * whichever is later.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_bytes(const struct dy_lmdb_document_t *document,
                                        dy_lmdb_node_t node,
                                        const void **data,
                                        size_t *size);

/**
 * Copies an array of numbers as doubles; whole numbers become the nearest doubles. A segment of integers or floats is
 * one too, whatever its dimensions: its items in C order.
 *
 * - `document`: the document.
 * - `node`: the array or segment.
 * - `values`, `capacity`: where to copy to; (NULL, 0) asks for the count.
 * - `count`: where to put how many numbers the array has, with `DY_LMDB_OK` and with
 *   `DY_LMDB_BUFFER_TOO_SMALL`.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less than the count: nothing is copied
 * then; `DY_LMDB_INVALID_ARGUMENT` also when it is neither, or holds something other than numbers;
 * `DY_LMDB_CORRUPT`. With the last two a part of `values` may have been written.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_numbers(const struct dy_lmdb_document_t *document,
                                          dy_lmdb_node_t node,
                                          double *values,
                                          size_t capacity,
                                          size_t *count);

/**
 * Makes a writer that holds nothing yet.
 *
 * - `writer`: where to put it.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: free it with `dy_lmdb_writer_free`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_writer_new(struct dy_lmdb_writer_t **writer);

/**
 * Frees a writer.
 *
 * - `writer`: the writer; NULL does nothing.
 *
 * Memory: what `dy_lmdb_writer_data` and `dy_lmdb_writer_parts` told ends here, and so does the borrowing of
 * segments' data. A writer is freed once.
 *
 * Threads: any thread, when no other uses the writer.
 */
void dy_lmdb_writer_free(struct dy_lmdb_writer_t *writer);

/**
 * Forgets everything written and keeps the memory for the next value.
 *
 * - `writer`: the writer.
 *
 * Returns `DY_LMDB_OK` or `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: what `dy_lmdb_writer_data` and `dy_lmdb_writer_parts` told ends here, and so does the borrowing of
 * segments' data.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_reset(struct dy_lmdb_writer_t *writer);

/**
 * Writes nil.
 *
 * - `writer`: the writer.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_nil(struct dy_lmdb_writer_t *writer);

/**
 * Writes a bool.
 *
 * - `writer`: the writer.
 * - `value`: the value.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_bool(struct dy_lmdb_writer_t *writer, bool value);

/**
 * Writes a signed whole number.
 *
 * - `writer`: the writer.
 * - `value`: the value.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_int64(struct dy_lmdb_writer_t *writer, int64_t value);

/**
 * Writes an unsigned whole number.
 *
 * - `writer`: the writer.
 * - `value`: the value.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_uint64(struct dy_lmdb_writer_t *writer, uint64_t value);

/**
 * Writes a double.
 *
 * - `writer`: the writer.
 * - `value`: the value.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_double(struct dy_lmdb_writer_t *writer, double value);

/**
 * Writes a text.
 *
 * - `writer`: the writer.
 * - `value`, `len`: the text, UTF-8.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when it is not UTF-8 or no value has a place here;
 * `DY_LMDB_TOO_LARGE` over 4 GiB - 1.
 *
 * Memory: the text is copied.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_string(struct dy_lmdb_writer_t *writer, const char *value, size_t len);

/**
 * Writes bytes.
 *
 * - `writer`: the writer.
 * - `data`, `size`: the bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when no value has a place here; `DY_LMDB_TOO_LARGE`
 * over 4 GiB - 1.
 *
 * Memory: the bytes are copied.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_bytes(struct dy_lmdb_writer_t *writer, const void *data, size_t size);

/**
 * Begins an array that the next values make up.
 *
 * - `writer`: the writer.
 * - `count`: how many values it has; 0 is a whole, empty array.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here (as a map's key,
 * say) or is nested too deep; `DY_LMDB_TOO_LARGE` over 4294967295.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_array(struct dy_lmdb_writer_t *writer, size_t count);

/**
 * Begins a map that the next pairs make up, each a key and then its value.
 *
 * - `writer`: the writer.
 * - `count`: how many pairs it has; 0 is a whole, empty map.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when a map has no place here (as a map's key, say)
 * or is nested too deep; `DY_LMDB_TOO_LARGE` over 4294967295.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_map(struct dy_lmdb_writer_t *writer, size_t count);

/**
 * Writes a whole array of doubles.
 *
 * - `writer`: the writer.
 * - `values`, `count`: the doubles.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here; `DY_LMDB_TOO_LARGE`
 * over 4294967295.
 *
 * Memory: the values are copied.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_doubles(struct dy_lmdb_writer_t *writer, const double *values, size_t count);

/**
 * Writes a whole array of signed whole numbers.
 *
 * - `writer`: the writer.
 * - `values`, `count`: the numbers.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when an array has no place here; `DY_LMDB_TOO_LARGE`
 * over 4294967295.
 *
 * Memory: the values are copied.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_int64s(struct dy_lmdb_writer_t *writer, const int64_t *values, size_t count);

/**
 * Tells the bytes of the finished value.
 *
 * - `writer`: the writer.
 * - `data`, `size`: where to put the pointer to the first byte and the number of bytes.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when the value is not finished, saying what is
 * missing.
 *
 * Memory: valid until the writer is reset or freed. Of a value with segments this is a copy, made by the first such
 * call, that starts at a multiple of 64; `dy_lmdb_writer_put` and `dy_lmdb_writer_parts` need none.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_data(const struct dy_lmdb_writer_t *writer,
                                     const void **data,
                                     size_t *size);

/**
 * Tells the finished value in parts, for functions that take parts, such as `dy_lmdb_store_put_many` and
 * `dy_lmdb_exchange_put_input`: the data of segments are parts of their own, where the caller lent them, so that
 * they are copied once, into the store.
 *
 * - `writer`: the writer.
 * - `parts`, `nparts`: where to put the pointer to the first part and the number of parts. Joined in order they are
 *   the value, whose format is MessagePack.
 *
 * Returns what `dy_lmdb_writer_data` does.
 *
 * Memory: valid until the writer is reset or freed.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_parts(const struct dy_lmdb_writer_t *writer,
                                      const struct dy_lmdb_buffer_t **parts,
                                      size_t *nparts);

/**
 * Puts the finished value as an entry in format MessagePack. The writer keeps it.
 *
 * - `writer`: the writer.
 * - `store`: the store.
 * - `db`, `db_len`: the named database, UTF-8; (NULL, 0) means "default".
 * - `key`, `key_len`: the key, 1 to 511 bytes.
 * - `options`: how to put it; NULL means the defaults. Its format is not looked at beyond being one.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns what `dy_lmdb_writer_data` and `dy_lmdb_store_put` do.
 *
 * Memory: the data of segments are copied once, straight into the entry.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_put(const struct dy_lmdb_writer_t *writer,
                                    const struct dy_lmdb_store_t *store,
                                    const char *db,
                                    size_t db_len,
                                    const void *key,
                                    size_t key_len,
                                    const struct dy_lmdb_put_options_t *options,
                                    struct dy_lmdb_info_t *info);

/**
 * Puts the finished value as the output that a reference asks for, in format MessagePack. The writer keeps
 * it.
 *
 * - `writer`: the writer.
 * - `reference`: the reference.
 * - `options`: as for `dy_lmdb_reference_put_output`. Its format is not looked at beyond being one.
 * - `info`: where to tell of the new entry; may be NULL.
 *
 * Returns what `dy_lmdb_writer_data` and `dy_lmdb_reference_put_output` do.
 *
 * Memory: the data of segments are copied once, straight into the entry.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_put_output(const struct dy_lmdb_writer_t *writer,
                                           const struct dy_lmdb_reference_t *reference,
                                           const struct dy_lmdb_put_options_t *options,
                                           struct dy_lmdb_info_t *info);

/**
 * Takes a loan of the size of the finished value in the store that a reference names, and writes the value into it but
 * for what was reserved with `dy_lmdb_writer_reserve`. Fill that, and publish with `dy_lmdb_reference_publish_output`.
 *
 * - `writer`: the writer.
 * - `reference`: the reference.
 * - `loan`: where to put the loan. `dy_lmdb_loan_data` tells where the value begins.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` when the value is not finished; `DY_LMDB_CORRUPT` when the reference
 * names no store; what opening a store and `dy_lmdb_loan_open` answer.
 *
 * Memory: the data of segments are copied once, into the loan. End it with `dy_lmdb_loan_drop`, published or not; it needs
 * neither writer nor reference.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_loan_output(const struct dy_lmdb_writer_t *writer,
                                            const struct dy_lmdb_reference_t *reference,
                                            struct dy_lmdb_loan_t **loan);

/**
 * Tells of a segment, which is used in place.
 *
 * - `document`: the document.
 * - `node`: the segment.
 * - `segment`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for another type, and when the document is of bytes of the
 * caller's that do not lie as the items need it; `DY_LMDB_CORRUPT`.
 *
 * Memory: the data lie in the payload and are valid as long as that: until the document is closed, or the view,
 * whichever is later. They must not be written to.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_segment(const struct dy_lmdb_document_t *document,
                                          dy_lmdb_node_t node,
                                          struct dy_lmdb_segment_t *segment);

/**
 * Finds the next segment in the order of the payload, however deep it is nested. Who has another library for
 * MessagePack can so cut the segments out, and give it the rest.
 *
 * - `document`: the document.
 * - `from`: where to begin: `DY_LMDB_NODE_ROOT`, or the `end` of the last one.
 * - `segment`: where to tell of the first one that begins there or behind; untouched when there is none.
 * - `found`: where to put whether there was one.
 *
 * Returns `DY_LMDB_OK`, also when there is none, and otherwise what `dy_lmdb_document_segment` does.
 *
 * Memory: as for `dy_lmdb_document_segment`.
 *
 * Threads: any number at once. The time grows with what is passed over, but not with the size of texts, bytes and
 * segments.
 */
dy_lmdb_status_t dy_lmdb_document_next_segment(const struct dy_lmdb_document_t *document,
                                               dy_lmdb_node_t from,
                                               struct dy_lmdb_segment_t *segment,
                                               bool *found);

/**
 * Finds the next extension value of any type in the order of the payload, however deep it is nested. Who writes
 * documents with another library can so see whether they hold types that are not theirs to use.
 *
 * - `document`: the document.
 * - `from`: where to begin: `DY_LMDB_NODE_ROOT`, or the `end` of the last one.
 * - `type`: where to put the type of the first one that begins there or behind, -128 to 127.
 * - `node`: where to put its position.
 * - `end`: where to put the position after it.
 * - `found`: where to put whether there was one; the others are untouched when there was none.
 *
 * Returns `DY_LMDB_OK`, also when there is none; `DY_LMDB_CORRUPT` when the document is damaged up to there or `from`
 * lies behind its end; `DY_LMDB_INVALID_ARGUMENT` or `DY_LMDB_CLOSED`.
 *
 * Threads: any number at once. The time grows with what is passed over, but not with the size of texts, bytes and
 * extensions.
 */
dy_lmdb_status_t dy_lmdb_document_next_extension(const struct dy_lmdb_document_t *document,
                                                 dy_lmdb_node_t from,
                                                 int32_t *type,
                                                 dy_lmdb_node_t *node,
                                                 dy_lmdb_node_t *end,
                                                 bool *found);

/**
 * Writes a segment: an array whose readers use it in place.
 *
 * - `writer`: the writer.
 * - `dtype`: one of `DY_LMDB_DTYPE_*`.
 * - `unit`: one of `DY_LMDB_UNIT_*` for times, else 0.
 * - `flags`: `DY_LMDB_SEGMENT_*`, or-ed, or 0.
 * - `shape`, `ndim`: the length of each dimension; (NULL, 0) is a single item.
 * - `data`: the items, in C order and the byte order of the machine, as many bytes as dtype and shape say. May be
 *   NULL when there are none.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when dtype, unit, flags or shape are none, or a segment has
 * no place here (as a map's key, say); `DY_LMDB_TOO_LARGE` over 4 GiB - 1.
 *
 * Memory: the data are borrowed: they must stay, unchanged, until the writer is reset or freed. Each
 * `dy_lmdb_writer_put` copies them once, straight into the entry.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_segment(struct dy_lmdb_writer_t *writer,
                                        uint32_t dtype,
                                        uint32_t unit,
                                        uint32_t flags,
                                        const uint64_t *shape,
                                        size_t ndim,
                                        const void *data);

/**
 * Writes a segment without its items, for a caller who computes them where `dy_lmdb_writer_loan_output` makes room.
 *
 * - `writer`, `dtype`, `unit`, `flags`, `shape`, `ndim`: as for `dy_lmdb_writer_segment`.
 * - `at`: where to put where the items go, in bytes from the beginning of the value.
 *
 * Returns what `dy_lmdb_writer_segment` does. A value with such room is refused by `dy_lmdb_writer_data`,
 * `dy_lmdb_writer_parts`, `dy_lmdb_writer_put` and `dy_lmdb_writer_put_output`, with `DY_LMDB_INVALID_ARGUMENT`.
 *
 * Memory: nothing is kept of what is passed.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_reserve(struct dy_lmdb_writer_t *writer,
                                        uint32_t dtype,
                                        uint32_t unit,
                                        uint32_t flags,
                                        const uint64_t *shape,
                                        size_t ndim,
                                        uint64_t *at);

/**
 * Whether a value is a table. `dy_lmdb_document_type` tells what the table was made of, so that who knows no tables
 * reads it as that.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `is_table`: where to put 1 or 0.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT`.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_document_is_table(const struct dy_lmdb_document_t *document,
                                           dy_lmdb_node_t node,
                                           uint8_t *is_table);

/**
 * Tells of a table, which is used in place.
 *
 * - `document`: the document.
 * - `node`: the table.
 * - `table`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that is no table; `DY_LMDB_CORRUPT`.
 *
 * Memory: what it points to lies in the payload and is valid as long as that.
 *
 * Threads: any number at once. Takes constant time.
 */
dy_lmdb_status_t dy_lmdb_document_table(const struct dy_lmdb_document_t *document,
                                        dy_lmdb_node_t node,
                                        struct dy_lmdb_table_t *table);

/**
 * Tells of a column by its index.
 *
 * - `document`: the document.
 * - `node`: the table.
 * - `index`: 0 to `columns` - 1; up to `all_columns` - 1 the children and dictionaries, which columns tell of.
 * - `column`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when there is no table or no such column; `DY_LMDB_CORRUPT` when
 * the column's buffers cannot be right.
 *
 * Memory: what it points to lies in the payload and is valid as long as that: until the document is closed, or the view,
 * whichever is later. It must not be written to.
 *
 * Threads: any number at once. Takes constant time.
 */
dy_lmdb_status_t dy_lmdb_document_column(const struct dy_lmdb_document_t *document,
                                         dy_lmdb_node_t node,
                                         uint32_t index,
                                         struct dy_lmdb_column_t *column);

/**
 * Tells of a column by its name; of the first, when several have it.
 *
 * - `document`: the document.
 * - `node`: the table.
 * - `name`, `name_size`: the name.
 * - `column`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_NOT_FOUND`, which names the columns that are there; otherwise what
 * `dy_lmdb_document_column` does.
 *
 * Memory: as for `dy_lmdb_document_column`.
 *
 * Threads: any number at once. The time grows with the number of columns.
 */
dy_lmdb_status_t dy_lmdb_document_column_named(const struct dy_lmdb_document_t *document,
                                               dy_lmdb_node_t node,
                                               const char *name,
                                               size_t name_size,
                                               struct dy_lmdb_column_t *column);

/**
 * Makes a table of a value, for readers that ask for columns whether a list was kept as a table or not: of an array of
 * maps (a column for each key, nil where a map lacks it), of a map of arrays and segments of one length, of an array or a
 * segment of one dimension. A table is taken as it is.
 *
 * Values under one key become a column when they are of one type; integers beside floats become floats when that loses
 * nothing. Others, and segments in maps, make no column: who asks for it is told what columns there are.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `table`: where to put a document of its own, whose outermost value is the table.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that no table can be made of; `DY_LMDB_LIMIT` when
 * there is no memory for it; `DY_LMDB_TOO_LARGE` over 4 GiB − 1; `DY_LMDB_CORRUPT`.
 *
 * Memory: close it with `dy_lmdb_document_close`. It is a copy: it needs the document and its payload no more.
 *
 * Threads: any number at once. Takes some passes over the value.
 */
dy_lmdb_status_t dy_lmdb_document_to_table(const struct dy_lmdb_document_t *document,
                                           dy_lmdb_node_t node,
                                           struct dy_lmdb_document_t **table);

/**
 * Checks all of a table: offsets, indices, texts, counts. Whoever then follows them without comparing reads nothing
 * outside.
 *
 * - `document`: the document.
 * - `node`: the table.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` with the position of the first fault; `DY_LMDB_INVALID_ARGUMENT` also for a
 * value that is no table.
 *
 * Threads: any number at once. Takes one pass over the table.
 */
dy_lmdb_status_t dy_lmdb_document_check_table(const struct dy_lmdb_document_t *document,
                                              dy_lmdb_node_t node);

/**
 * Writes a table: named columns whose readers use them in place. To who knows no tables it is the value that `origin`
 * says.
 *
 * - `writer`: the writer.
 * - `origin`: one of `DY_LMDB_TABLE_*`.
 * - `rows`: how many rows it has.
 * - `columns`, `count`: the columns.
 * - `metadata`, `metadata_size`: metadata of the whole in the form of Arrow's C data interface, or (NULL, 0).
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also when columns do not go together, or a table has no place here (as
 * a map's key, say); `DY_LMDB_TOO_LARGE` over 4 GiB - 1. What is *in* offsets, indices and texts is not looked at.
 *
 * Memory: the buffers are borrowed: they must stay, unchanged, until the writer is reset or freed. Each
 * `dy_lmdb_writer_put` copies them once, straight into the entry. The structs and names are copied.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_table(struct dy_lmdb_writer_t *writer,
                                      uint32_t origin,
                                      uint64_t rows,
                                      const struct dy_lmdb_field_t *columns,
                                      size_t count,
                                      const void *metadata,
                                      size_t metadata_size);

/**
 * Hands a table on as an array of Arrow's C data interface: structs of the columns, which stay where they are. Any
 * library that knows the interface takes it without a copy.
 *
 * - `document`: the document.
 * - `node`: the table, which is checked as by `dy_lmdb_document_check_table`.
 * - `schema`: where to put what it is of.
 * - `array`: where to put where its buffers are.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for a value that is no table; `DY_LMDB_CORRUPT`.
 *
 * Memory: whoever has schema and array in the end calls their `release`, as the interface says. The payload stays in
 * place until the last part of them is released, whether document, view and store are open or not; bytes of the
 * caller's must stay as long.
 *
 * Threads: any number at once; `release` may be called by any thread.
 */
dy_lmdb_status_t dy_lmdb_document_export_arrow(const struct dy_lmdb_document_t *document,
                                               dy_lmdb_node_t node,
                                               struct ArrowSchema *schema,
                                               struct ArrowArray *array);

/**
 * Hands a table on as a stream of one array; see `dy_lmdb_document_export_arrow`.
 *
 * - `document`: the document.
 * - `node`: the table, which is checked as by `dy_lmdb_document_check_table`.
 * - `stream`: where to put the stream.
 *
 * Returns what `dy_lmdb_document_export_arrow` does.
 *
 * Memory: as for `dy_lmdb_document_export_arrow`; the stream is released as well.
 *
 * Threads: any number at once; one at a time uses the stream.
 */
dy_lmdb_status_t dy_lmdb_document_export_arrow_stream(const struct dy_lmdb_document_t *document,
                                                      dy_lmdb_node_t node,
                                                      struct ArrowArrayStream *stream);

/**
 * Writes what a stream of Arrow's C data interface gives as a table: its batches one behind the other. The stream is read to
 * its end.
 *
 * - `writer`: the writer.
 * - `origin`: one of `DY_LMDB_TABLE_*`.
 * - `stream`: the stream: of structs, whose fields are the columns, or of anything else, which is the one column.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_BAD_FORMAT` for what no table holds: unions, maps, runs, rows that are nil, batches with
 * dictionaries of their own; `DY_LMDB_INVALID_ARGUMENT` also when the stream fails, with what it says; else what
 * `dy_lmdb_writer_table` does.
 *
 * Memory: the stream is released in any case. Buffers that lie as a table needs them are borrowed until the writer is reset
 * or freed, which releases them; `dy_lmdb_writer_put` copies them once.
 *
 * Threads: one at a time on a writer.
 */
dy_lmdb_status_t dy_lmdb_writer_arrow(struct dy_lmdb_writer_t *writer,
                                      uint32_t origin,
                                      struct ArrowArrayStream *stream);

/**
 * Reads the header of a `.npy` image in memory: versions 1 to 3, as NumPy writes them.
 *
 * - `data`, `size`: the image. Bytes behind the last item are passed over.
 * - `array`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_CORRUPT` when the header is none that NumPy would read, says more than
 * `DY_LMDB_ARRAY_MAX_NDIM` dimensions or a shape that no memory holds, or the items are not all there;
 * `DY_LMDB_INVALID_ARGUMENT` also for dtypes with fields, of objects, and without a width that is known here.
 *
 * Memory: `data` and `descr` of the array point into the image.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_npy_header(const void *data, size_t size, struct dy_lmdb_array_t *array);

/**
 * Tells of the array of a payload in format numpy, which is used in place.
 *
 * - `view`: the view.
 * - `array`: where to tell.
 *
 * Returns as `dy_lmdb_npy_header` does, naming the key, and `DY_LMDB_BAD_FORMAT` when the payload is in another
 * format.
 *
 * Memory: `data` and `descr` of the array are valid until the view is closed, and must not be written to.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_view_array(const struct dy_lmdb_view_t *view,
                                    struct dy_lmdb_array_t *array);

/**
 * Writes the bytes that come before the items of an array in format numpy: a header of version 1, as NumPy writes it.
 *
 * - `descr`, `descr_len`: NumPy's text of the dtype, such as "<f8"; it is not looked at.
 * - `shape`, `ndim`: the length of each dimension; (NULL, 0) is a single item.
 * - `flags`: `DY_LMDB_ARRAY_FORTRAN` or 0.
 * - `before`: bytes of something else that the caller has in front of the header, or 0: with them the items begin at a
 *   multiple of 64.
 * - `header`, `capacity`: where to write; (NULL, 0) asks for the size.
 * - `size`: where to put the header's bytes, with `DY_LMDB_OK` and with `DY_LMDB_BUFFER_TOO_SMALL`.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less than the size; `DY_LMDB_INVALID_ARGUMENT` also
 * when shape and dtype are longer than such a header can be.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_npy_write(const char *descr,
                                   size_t descr_len,
                                   const uint64_t *shape,
                                   size_t ndim,
                                   uint32_t flags,
                                   size_t before,
                                   void *header,
                                   size_t capacity,
                                   size_t *size);

/**
 * Tells what a value is as doubles with a shape: what calculators compute on.
 *
 * That are: a segment of numbers or bools; lists of numbers inside one another, whose lengths agree, in which a bool is 0
 * or 1 and a segment stands for the lists it has the shape of; bytes, taken as doubles of this machine in one dimension; a
 * single number or bool. Whole numbers become the nearest doubles.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `numbers`: where to tell.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also, naming the place, when it is anything else, or more than
 * 1,024 empty lists that its bytes only announce; `DY_LMDB_BAD_FORMAT` when it is a table, a reference, or another type
 * that only Python reads: a calculator then declines its input with `dy_lmdb_reference_decline`; `DY_LMDB_CORRUPT`.
 *
 * Memory: `data` of the numbers lies in the payload and is valid as long as that: until the document is closed, or the
 * view, whichever is later. It must not be written to.
 *
 * Threads: any number at once. Of lists only the first in each level is looked at; `dy_lmdb_numbers_copy` looks at all.
 */
dy_lmdb_status_t dy_lmdb_numbers_describe(const struct dy_lmdb_document_t *document,
                                          dy_lmdb_node_t node,
                                          struct dy_lmdb_numbers_t *numbers);

/**
 * Copies the numbers that a value is, in C order.
 *
 * - `document`: the document.
 * - `node`: the value.
 * - `values`, `capacity`: where to copy to; room for as many as `dy_lmdb_numbers_describe` tells.
 *
 * Returns as `dy_lmdb_numbers_describe` does; `DY_LMDB_INVALID_ARGUMENT` also, naming the place, when lists differ in
 * length or an item is no number; `DY_LMDB_BUFFER_TOO_SMALL` when `capacity` is less. On a failure a part of `values` may
 * have been written.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_numbers_copy(const struct dy_lmdb_document_t *document,
                                      dy_lmdb_node_t node,
                                      double *values,
                                      size_t capacity);

/**
 * Converts items of an array to the nearest doubles; bools are 0 or 1.
 *
 * - `dtype`: one of `DY_LMDB_DTYPE_*` but for times and complex numbers.
 * - `flags`: `DY_LMDB_ARRAY_BIG_ENDIAN` when the bytes of each item are in the other order than the machine's, else 0.
 * - `data`, `size`: the items, anywhere in memory; a whole number of them.
 * - `values`, `capacity`: where to put the doubles, one for each item.
 *
 * Returns `DY_LMDB_OK`; `DY_LMDB_INVALID_ARGUMENT` also for times and complex items, which are no numbers, and a size
 * that does not divide;
 * `DY_LMDB_BUFFER_TOO_SMALL`, with nothing written.
 *
 * Threads: any number at once.
 */
dy_lmdb_status_t dy_lmdb_numbers_convert(uint32_t dtype,
                                         uint32_t flags,
                                         const void *data,
                                         size_t size,
                                         double *values,
                                         size_t capacity);

/**
 * Makes what the classes of the Python package are derived from.
 *
 * Returns a tuple of four types (Hold, Pin, Loan, View), six functions (put, put_input, put_output, fields, pack, unpack),
 * a type (Handle) and three functions (holds_references, new_txn_id, put_many), as a new reference of Python's; NULL with
 * an exception set when they cannot be made, and without one when this process has no Python that fits. Packages of
 * today call dy_lmdb_python_door.
 *
 * Memory: what is made lives as long as Python refers to it.
 *
 * Threads: the calling thread holds the interpreter, as a function that ctypes.PyDLL calls does.
 */
void *dy_lmdb_python_types(void);

/**
 * Makes the types and functions by which the Python package comes into the library, when they are of the version that it
 * was written for.
 *
 * - `version`: of the door, a number of its own that changes whenever a type or a function changes its meaning.
 *
 * Returns a dict from names to types and functions, as a new reference of Python's; NULL with an exception set when
 * they cannot be made or the version is another, and without one when this process has no Python that fits.
 *
 * Memory: what is made lives as long as Python refers to it.
 *
 * Threads: the calling thread holds the interpreter, as a function that ctypes.PyDLL calls does.
 */
void *dy_lmdb_python_door(uint32_t version);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DISHTAYANTRA_LMDB_H */
