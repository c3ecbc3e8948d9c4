//! Java: the native methods of `com.dishtayantra.lmdb`, one file per class, with no logic of its own.
//!
//! Every body runs inside [`guard::guard`], which turns errors and panics into Java exceptions. `env` calls the JVM,
//! `convert` takes what Java passed, `parts` payloads, `told` hands numbers back; methods that are called often pass and tell through `call`.
//!
//! A native object is a `jlong`: the address of a box that the Java side frees once, when no call is inside (its class
//! `Handle` sees to that). So the one promise that every unsafe block here leans on is: a `jlong` that a native method
//! takes as an object is one that a native method of the same class gave, and it is not freed while the method runs. The
//! methods are private to the Java package.

#![allow(unsafe_code)]
// Java passes what it has; the numbers of an envelope and of options are many.
#![allow(clippy::too_many_arguments)]

mod call;
mod convert;
mod env;
mod guard;
mod sources;
mod told;

mod database;
mod library;
mod loan;
mod messages;
mod node;
mod reference;
mod segment;
mod store;
mod table;
mod view;
mod watcher;
mod writer;
