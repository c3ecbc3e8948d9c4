// C++17 interface of libdishtayantra_lmdb: header only, over the C ABI of dishtayantra_lmdb.h.
//
//     using namespace dishtayantra::lmdb;
//     Store store = Store::open("/dev/shm/prices");
//     store.put_array("prices", Span<const double>(values));
//     View view = store.view("prices");
//     for (double price : view.span<double>()) { … }        // in place, no copy
//
// What is where:
//     error.hpp       the exceptions: Error and one class per status
//     span.hpp        Span<T>, Bytes
//     entry.hpp       Format, PutOptions, Info
//     npy.hpp         Array: a .npy image read in place, and its header written
//     segment.hpp     Segment, Dtype: an array of a document
//     table.hpp       Table, Column: tables of documents read in place
//     columns.hpp     Columns, Field: tables to be written
//     arrow.hpp       the structs of Arrow's C data interface; not included here
//     document.hpp    Document, Node: MessagePack read in place
//     view.hpp        View: a payload read in place
//     loan.hpp        Loan: a payload built in place
//     watch.hpp       Watch, PendingWait: any of several keys waited for
//     store.hpp       Store, Options, set_log
//     reference.hpp   Reference: what travels instead of a payload
//     writer.hpp      Writer: MessagePack built
//     numbers.hpp     Numbers: doubles with a shape, in place or converted
//     value.hpp       Value, Map: results and configurations
//     input.hpp       Input: what a calculator computes on
//     output.hpp      Output: where its result goes
//     calculator.hpp  Calculator: computes, answers references
//     python.hpp      the base of calculators for Python; not included here, it needs pybind11
//
// Errors are exceptions derived from Error. Objects own what they stand for and release it when they end; spans, arrays,
// nodes and string_views point into their view or document and are valid as long as it. Thread rules stand with
// each class.
#ifndef DISHTAYANTRA_LMDB_HPP
#define DISHTAYANTRA_LMDB_HPP

#include "dishtayantra_lmdb/calculator.hpp"
#include "dishtayantra_lmdb/columns.hpp"
#include "dishtayantra_lmdb/document.hpp"
#include "dishtayantra_lmdb/entry.hpp"
#include "dishtayantra_lmdb/error.hpp"
#include "dishtayantra_lmdb/input.hpp"
#include "dishtayantra_lmdb/loan.hpp"
#include "dishtayantra_lmdb/npy.hpp"
#include "dishtayantra_lmdb/numbers.hpp"
#include "dishtayantra_lmdb/output.hpp"
#include "dishtayantra_lmdb/reference.hpp"
#include "dishtayantra_lmdb/segment.hpp"
#include "dishtayantra_lmdb/span.hpp"
#include "dishtayantra_lmdb/store.hpp"
#include "dishtayantra_lmdb/table.hpp"
#include "dishtayantra_lmdb/value.hpp"
#include "dishtayantra_lmdb/view.hpp"
#include "dishtayantra_lmdb/watch.hpp"
#include "dishtayantra_lmdb/writer.hpp"

#endif
