//! The functions of the C ABI, as the committed header declares them; `tests/abi.rs` compares the two.

use super::types::*;
use std::ffi::{c_char, c_void};

impl std::fmt::Debug for Functions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Functions")
    }
}

macro_rules! functions {
    ($(fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $returned:ty)?;)*) => {
        /// The functions of a loaded library.
        pub struct Functions {
            $(pub $name: unsafe extern "C" fn($($argument: $kind),*) $(-> $returned)?,)*
        }

        impl Functions {
            /// Looks all of them up.
            ///
            /// # Safety
            ///
            /// `library` must be libdishtayantra_lmdb, whose functions have these types.
            pub(super) unsafe fn of(
                library: &libloading::os::unix::Library,
            ) -> Result<Functions, libloading::Error> {
                Ok(Functions {
                    // SAFETY: the caller vouches for the library; the types are those of its header.
                    $($name: *unsafe { library.get(stringify!($name).as_bytes())? },)*
                })
            }
        }
    };
}

functions! {
    fn dy_lmdb_version() -> *const c_char;
    fn dy_lmdb_abi_version() -> u32;
    fn dy_lmdb_lmdb_version() -> *const c_char;
    fn dy_lmdb_last_error_message() -> *const c_char;
    fn dy_lmdb_warnings_take(json: *mut *mut dy_lmdb_bytes_t) -> dy_lmdb_status_t;
    fn dy_lmdb_bytes_data(bytes: *const dy_lmdb_bytes_t) -> *const c_void;
    fn dy_lmdb_bytes_size(bytes: *const dy_lmdb_bytes_t) -> usize;
    fn dy_lmdb_bytes_free(bytes: *mut dy_lmdb_bytes_t);
    fn dy_lmdb_options_default(options: *mut dy_lmdb_options_t);
    fn dy_lmdb_put_options_default(options: *mut dy_lmdb_put_options_t);
    fn dy_lmdb_store_open(
        path: *const c_char,
        path_len: usize,
        options: *const dy_lmdb_options_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_open_config(
        json: *const c_char,
        json_len: usize,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_close(store: *mut dy_lmdb_store_t) -> dy_lmdb_status_t;
    fn dy_lmdb_store_path(store: *const dy_lmdb_store_t, path: *mut *mut dy_lmdb_bytes_t) -> dy_lmdb_status_t;
    fn dy_lmdb_store_sweep(store: *const dy_lmdb_store_t, removed: *mut u64) -> dy_lmdb_status_t;
    fn dy_lmdb_store_stats(
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_audit(
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_put(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_put_many(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        entries: *const dy_lmdb_entry_t,
        count: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_contains(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        present: *mut bool,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_delete(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        deleted: *mut bool,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_touch(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        ttl_ms: u64,
        touched: *mut bool,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_wait(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        timeout_ms: i64,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_store_list(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        prefix: *const c_void,
        prefix_len: usize,
        keys: *mut *mut dy_lmdb_keys_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_keys_count(keys: *const dy_lmdb_keys_t) -> usize;
    fn dy_lmdb_keys_at(
        keys: *const dy_lmdb_keys_t,
        index: usize,
        key: *mut *const c_void,
        key_len: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_keys_free(keys: *mut dy_lmdb_keys_t);
    fn dy_lmdb_view_open(
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        flags: u32,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_view_text(
        view: *const dy_lmdb_view_t,
        field: u32,
        text: *mut *const c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_view_verify(view: *const dy_lmdb_view_t) -> dy_lmdb_status_t;
    fn dy_lmdb_view_close(view: *mut dy_lmdb_view_t) -> dy_lmdb_status_t;
    fn dy_lmdb_loan_take(
        store: *const dy_lmdb_store_t,
        size: u64,
        loan: *mut *mut dy_lmdb_loan_t,
        data: *mut *mut c_void,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_loan_finish(
        loan: *mut dy_lmdb_loan_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        size: u64,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_loan_drop(loan: *mut dy_lmdb_loan_t) -> dy_lmdb_status_t;
    fn dy_lmdb_config_parse(
        json: *const c_char,
        json_len: usize,
        normalised: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_new(reference: *mut *mut dy_lmdb_reference_t) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_parse(
        json: *const c_char,
        json_len: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_set(
        reference: *mut dy_lmdb_reference_t,
        name: *const c_char,
        name_len: usize,
        value: *const c_char,
        value_len: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_get(
        reference: *const dy_lmdb_reference_t,
        name: *const c_char,
        name_len: usize,
        value: *mut *const c_char,
        value_len: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_json(
        reference: *const dy_lmdb_reference_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_free(reference: *mut dy_lmdb_reference_t);
    fn dy_lmdb_reference_view_input(
        reference: *const dy_lmdb_reference_t,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_put_output(
        reference: *const dy_lmdb_reference_t,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_settle_direct(reference: *const dy_lmdb_reference_t) -> dy_lmdb_status_t;
    fn dy_lmdb_reference_store(
        reference: *const dy_lmdb_reference_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_open(
        view: *const dy_lmdb_view_t,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_from_bytes(
        data: *const c_void,
        size: usize,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_close(document: *mut dy_lmdb_document_t) -> dy_lmdb_status_t;
    fn dy_lmdb_document_validate(document: *const dy_lmdb_document_t) -> dy_lmdb_status_t;
    fn dy_lmdb_document_find(
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        path: *const c_char,
        path_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_get(
        document: *const dy_lmdb_document_t,
        map: dy_lmdb_node_t,
        key: *const c_char,
        key_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_at(
        document: *const dy_lmdb_document_t,
        array: dy_lmdb_node_t,
        index: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_iterate(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        iterator: *mut dy_lmdb_iterator_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_next(
        document: *const dy_lmdb_document_t,
        iterator: *mut dy_lmdb_iterator_t,
        more: *mut bool,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_type(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        kind: *mut u32,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_count(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        count: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_bool(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut bool,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_int64(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut i64,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_uint64(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut u64,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_double(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut f64,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_string(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        text: *mut *const c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_bytes(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        data: *mut *const c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_numbers(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        values: *mut f64,
        capacity: usize,
        count: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_new(writer: *mut *mut dy_lmdb_writer_t) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_free(writer: *mut dy_lmdb_writer_t);
    fn dy_lmdb_writer_reset(writer: *mut dy_lmdb_writer_t) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_nil(writer: *mut dy_lmdb_writer_t) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_bool(writer: *mut dy_lmdb_writer_t, value: bool) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_int64(writer: *mut dy_lmdb_writer_t, value: i64) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_uint64(writer: *mut dy_lmdb_writer_t, value: u64) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_double(writer: *mut dy_lmdb_writer_t, value: f64) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_string(
        writer: *mut dy_lmdb_writer_t,
        value: *const c_char,
        len: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_bytes(
        writer: *mut dy_lmdb_writer_t,
        data: *const c_void,
        size: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_array(writer: *mut dy_lmdb_writer_t, count: usize) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_map(writer: *mut dy_lmdb_writer_t, count: usize) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_doubles(
        writer: *mut dy_lmdb_writer_t,
        values: *const f64,
        count: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_int64s(
        writer: *mut dy_lmdb_writer_t,
        values: *const i64,
        count: usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_data(
        writer: *const dy_lmdb_writer_t,
        data: *mut *const c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_parts(
        writer: *const dy_lmdb_writer_t,
        parts: *mut *const dy_lmdb_buffer_t,
        nparts: *mut usize,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_put(
        writer: *const dy_lmdb_writer_t,
        store: *const dy_lmdb_store_t,
        db: *const c_char,
        db_len: usize,
        key: *const c_void,
        key_len: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_put_output(
        writer: *const dy_lmdb_writer_t,
        reference: *const dy_lmdb_reference_t,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_document_segment(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        segment: *mut dy_lmdb_segment_t,
    ) -> dy_lmdb_status_t;
    fn dy_lmdb_writer_segment(
        writer: *mut dy_lmdb_writer_t,
        dtype: u32,
        unit: u32,
        flags: u32,
        shape: *const u64,
        ndim: usize,
        data: *const c_void,
    ) -> dy_lmdb_status_t;
}
