//! The C ABI, made by bindgen from include/dishtayantra_lmdb.h; `make header` makes it anew.


pub const DY_LMDB_OK: i32 = 0;
pub const DY_LMDB_NOT_FOUND: i32 = 10;
pub const DY_LMDB_TIMEOUT: i32 = 11;
pub const DY_LMDB_BUFFER_TOO_SMALL: i32 = 12;
pub const DY_LMDB_KEY_EXISTS: i32 = 13;
pub const DY_LMDB_LOAN_LOST: i32 = 14;
pub const DY_LMDB_REFERENCE_IGNORED: i32 = 15;
pub const DY_LMDB_INVALID_ARGUMENT: i32 = 20;
pub const DY_LMDB_CONFIG: i32 = 21;
pub const DY_LMDB_BAD_KEY: i32 = 22;
pub const DY_LMDB_TOO_LARGE: i32 = 23;
pub const DY_LMDB_BAD_FORMAT: i32 = 24;
pub const DY_LMDB_MAP_FULL: i32 = 30;
pub const DY_LMDB_DISK_FULL: i32 = 31;
pub const DY_LMDB_READERS_FULL: i32 = 32;
pub const DY_LMDB_DBS_FULL: i32 = 33;
pub const DY_LMDB_LIMIT: i32 = 34;
pub const DY_LMDB_PERMISSION: i32 = 40;
pub const DY_LMDB_IO: i32 = 41;
pub const DY_LMDB_CORRUPT: i32 = 42;
pub const DY_LMDB_FOREIGN_STORE: i32 = 43;
pub const DY_LMDB_ALREADY_OPEN: i32 = 44;
pub const DY_LMDB_UNSUPPORTED: i32 = 45;
pub const DY_LMDB_CLOSED: i32 = 50;
pub const DY_LMDB_FORKED: i32 = 51;
pub const DY_LMDB_INTERNAL: i32 = 60;
pub const DY_LMDB_PANIC: i32 = 61;
pub const DY_LMDB_ABI_VERSION: u32 = 2;
pub const DY_LMDB_LOG_ERROR: u32 = 1;
pub const DY_LMDB_LOG_WARN: u32 = 2;
pub const DY_LMDB_LOG_INFO: u32 = 3;
pub const DY_LMDB_LOG_DEBUG: u32 = 4;
pub const DY_LMDB_DURABILITY_PROCESS: u32 = 0;
pub const DY_LMDB_DURABILITY_SYNC: u32 = 1;
pub const DY_LMDB_OPEN_FOLLOW_SYMLINKS: u32 = 1;
pub const DY_LMDB_OPEN_NO_SWEEPER: u32 = 2;
pub const DY_LMDB_OPEN_EXISTING: u32 = 4;
pub const DY_LMDB_FORMAT_JSON: u32 = 1;
pub const DY_LMDB_FORMAT_MSGPACK: u32 = 2;
pub const DY_LMDB_FORMAT_RAW: u32 = 3;
pub const DY_LMDB_FORMAT_NUMPY: u32 = 4;
pub const DY_LMDB_FORMAT_ARROW: u32 = 5;
pub const DY_LMDB_PUT_NO_OVERWRITE: u32 = 1;
pub const DY_LMDB_PUT_CHECKSUM: u32 = 2;
pub const DY_LMDB_PUT_TRACKED: u32 = 4;
pub const DY_LMDB_INFO_INLINE: u32 = 1;
pub const DY_LMDB_INFO_CHECKSUM: u32 = 2;
pub const DY_LMDB_INFO_TRACKED: u32 = 4;
pub const DY_LMDB_INFO_SNAPSHOT: u32 = 8;
pub const DY_LMDB_INFO_SHARED: u32 = 16;
pub const DY_LMDB_INFO_COPIED: u32 = 32;
pub const DY_LMDB_VIEW_QUIET: u32 = 1;
pub const DY_LMDB_TEXT_TXN_ID: u32 = 1;
pub const DY_LMDB_TEXT_SOURCE: u32 = 2;
pub const DY_LMDB_TEXT_TARGET: u32 = 3;
pub const DY_LMDB_TEXT_KEY: u32 = 4;
pub const DY_LMDB_EXCHANGE_INPUT: u32 = 1;
pub const DY_LMDB_EXCHANGE_OUTPUT: u32 = 2;
pub const DY_LMDB_ANSWER_UNKNOWN: u32 = 0;
pub const DY_LMDB_ANSWER_NONE: u32 = 1;
pub const DY_LMDB_ANSWER_VALUE: u32 = 2;
pub const DY_LMDB_ANSWER_OUTPUT_WRITTEN: u32 = 3;
pub const DY_LMDB_ANSWER_UNKNOWN_NO_WAIT: u32 = 4;
pub const DY_LMDB_ANSWER_RAISED: u32 = 5;
pub const DY_LMDB_ANSWER_BROKEN_OFF: u32 = 6;
pub const DY_LMDB_DECISION_TAKE_ANSWER: u32 = 1;
pub const DY_LMDB_DECISION_TAKE_OUTPUT: u32 = 2;
pub const DY_LMDB_DECISION_REPEAT: u32 = 3;
pub const DY_LMDB_DECISION_PROVE: u32 = 4;
pub const DY_LMDB_DECISION_PASS_DIRECTLY: u32 = 5;
pub const DY_LMDB_CLEANUP_INPUT: u32 = 1;
pub const DY_LMDB_CLEANUP_OUTPUT: u32 = 2;
pub const DY_LMDB_TYPE_NIL: u32 = 0;
pub const DY_LMDB_TYPE_BOOL: u32 = 1;
pub const DY_LMDB_TYPE_INT: u32 = 2;
pub const DY_LMDB_TYPE_FLOAT: u32 = 3;
pub const DY_LMDB_TYPE_STRING: u32 = 4;
pub const DY_LMDB_TYPE_BYTES: u32 = 5;
pub const DY_LMDB_TYPE_ARRAY: u32 = 6;
pub const DY_LMDB_TYPE_MAP: u32 = 7;
pub const DY_LMDB_TYPE_EXT: u32 = 8;
pub const DY_LMDB_TYPE_SEGMENT: u32 = 9;
pub const DY_LMDB_EXACT_EXTENSION: u32 = 88;
pub const DY_LMDB_TABLE_EXTENSION: u32 = 84;
pub const DY_LMDB_EXACT_NONE: u32 = 0;
pub const DY_LMDB_EXACT_TUPLE: u32 = 1;
pub const DY_LMDB_EXACT_BYTEARRAY: u32 = 2;
pub const DY_LMDB_EXACT_ARRAY: u32 = 3;
pub const DY_LMDB_EXACT_ARRAY_LONG: u32 = 4;
pub const DY_LMDB_EXACT_MEMORYVIEW: u32 = 5;
pub const DY_LMDB_EXACT_BIG_ENDIAN: u32 = 6;
pub const DY_LMDB_EXACT_FORTRAN: u32 = 7;
pub const DY_LMDB_EXACT_NUMPY_BYTES: u32 = 83;
pub const DY_LMDB_EXACT_NUMPY_STR: u32 = 85;
pub const DY_LMDB_EXACT_NUMPY_FLOAT16: u32 = 101;
pub const DY_LMDB_SEGMENT_EXTENSION: u32 = 68;
pub const DY_LMDB_SEGMENT_MAX_NDIM: usize = 32;
pub const DY_LMDB_SEGMENT_LIST: u32 = 1;
pub const DY_LMDB_SEGMENT_SCALAR: u32 = 2;
pub const DY_LMDB_DTYPE_BOOL: u32 = 63;
pub const DY_LMDB_DTYPE_INT8: u32 = 98;
pub const DY_LMDB_DTYPE_UINT8: u32 = 66;
pub const DY_LMDB_DTYPE_INT16: u32 = 104;
pub const DY_LMDB_DTYPE_UINT16: u32 = 72;
pub const DY_LMDB_DTYPE_INT32: u32 = 105;
pub const DY_LMDB_DTYPE_UINT32: u32 = 73;
pub const DY_LMDB_DTYPE_INT64: u32 = 113;
pub const DY_LMDB_DTYPE_UINT64: u32 = 81;
pub const DY_LMDB_DTYPE_FLOAT32: u32 = 102;
pub const DY_LMDB_DTYPE_FLOAT64: u32 = 100;
pub const DY_LMDB_DTYPE_DATETIME64: u32 = 77;
pub const DY_LMDB_DTYPE_TIMEDELTA64: u32 = 109;
pub const DY_LMDB_DTYPE_FLOAT16: u32 = 101;
pub const DY_LMDB_DTYPE_COMPLEX64: u32 = 70;
pub const DY_LMDB_DTYPE_COMPLEX128: u32 = 68;
pub const DY_LMDB_UNIT_GENERIC: u32 = 0;
pub const DY_LMDB_UNIT_YEAR: u32 = 1;
pub const DY_LMDB_UNIT_MONTH: u32 = 2;
pub const DY_LMDB_UNIT_WEEK: u32 = 3;
pub const DY_LMDB_UNIT_DAY: u32 = 4;
pub const DY_LMDB_UNIT_HOUR: u32 = 5;
pub const DY_LMDB_UNIT_MINUTE: u32 = 6;
pub const DY_LMDB_UNIT_SECOND: u32 = 7;
pub const DY_LMDB_UNIT_MILLISECOND: u32 = 8;
pub const DY_LMDB_UNIT_MICROSECOND: u32 = 9;
pub const DY_LMDB_UNIT_NANOSECOND: u32 = 10;
pub const DY_LMDB_UNIT_PICOSECOND: u32 = 11;
pub const DY_LMDB_UNIT_FEMTOSECOND: u32 = 12;
pub const DY_LMDB_UNIT_ATTOSECOND: u32 = 13;
pub const DY_LMDB_TABLE_ROWS: u32 = 1;
pub const DY_LMDB_TABLE_LIST: u32 = 2;
pub const DY_LMDB_TABLE_COLUMNS: u32 = 3;
pub const DY_LMDB_TABLE_ARROW: u32 = 4;
pub const DY_LMDB_TABLE_BATCH: u32 = 5;
pub const DY_LMDB_TABLE_PANDAS: u32 = 6;
pub const DY_LMDB_TABLE_POLARS: u32 = 7;
pub const DY_LMDB_TABLE_PANDAS_SERIES: u32 = 8;
pub const DY_LMDB_TABLE_POLARS_SERIES: u32 = 9;
pub const DY_LMDB_ARRAY_MAX_NDIM: u32 = 64;
pub const DY_LMDB_ARRAY_FORTRAN: u32 = 1;
pub const DY_LMDB_ARRAY_BIG_ENDIAN: u32 = 2;
pub const DY_LMDB_LIST_SEGMENT_MIN: u32 = 64;
pub const DY_LMDB_NODE_ROOT: u64 = 0;
pub const DY_LMDB_NODE_NONE: u64 = 18446744073709551615;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct ArrowSchema {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct ArrowArray {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct ArrowArrayStream {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_bytes_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_document_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_exchange_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_keys_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_loan_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_reference_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_store_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_view_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_watch_t {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_writer_t {
    _unused: [u8; 0],
}
pub type dy_lmdb_status_t = i32;
pub type dy_lmdb_log_t = ::core::option::Option<
    unsafe extern "C" fn(
        context: *mut std::ffi::c_void,
        level: u32,
        message: *const std::ffi::c_char,
        size: usize,
    ),
>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_options_t {
    pub struct_size: usize,
    pub map_size: u64,
    pub prefault: u64,
    pub max_readers: u32,
    pub max_dbs: u32,
    pub mode: u32,
    pub durability: u32,
    pub flags: u32,
    pub reserved: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_put_options_t {
    pub struct_size: usize,
    pub format: u32,
    pub flags: u32,
    pub ttl_ms: u64,
    pub txn_id: *const std::ffi::c_char,
    pub txn_id_len: usize,
    pub source: *const std::ffi::c_char,
    pub source_len: usize,
    pub target: *const std::ffi::c_char,
    pub target_len: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_buffer_t {
    pub data: *const std::ffi::c_void,
    pub size: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_info_t {
    pub struct_size: usize,
    pub entry_id: u64,
    pub size: u64,
    pub created_ns: u64,
    pub ttl_ms: u64,
    pub checksum: u64,
    pub file_offset: u64,
    pub data: *const std::ffi::c_void,
    pub format: u32,
    pub flags: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_entry_t {
    pub key: *const std::ffi::c_void,
    pub key_len: usize,
    pub parts: *const dy_lmdb_buffer_t,
    pub nparts: usize,
    pub options: *const dy_lmdb_put_options_t,
}
pub type dy_lmdb_node_t = u64;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_iterator_t {
    pub key: dy_lmdb_node_t,
    pub value: dy_lmdb_node_t,
    pub next: dy_lmdb_node_t,
    pub remaining: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_segment_t {
    pub struct_size: usize,
    pub data: *const std::ffi::c_void,
    pub size: usize,
    pub itemsize: usize,
    pub node: dy_lmdb_node_t,
    pub end: dy_lmdb_node_t,
    pub dtype: u32,
    pub unit: u32,
    pub flags: u32,
    pub ndim: u32,
    pub shape: [u64; 32usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_table_t {
    pub struct_size: usize,
    pub node: dy_lmdb_node_t,
    pub end: dy_lmdb_node_t,
    pub rows: u64,
    pub columns: u32,
    pub all_columns: u32,
    pub origin: u32,
    pub is_array: u32,
    pub metadata: *const std::ffi::c_void,
    pub metadata_size: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_column_t {
    pub struct_size: usize,
    pub name: *const std::ffi::c_char,
    pub name_size: usize,
    pub format: *const std::ffi::c_char,
    pub length: u64,
    pub nulls: u64,
    pub validity: *const u8,
    pub data: *const std::ffi::c_void,
    pub data_size: usize,
    pub offsets: *const std::ffi::c_void,
    pub offset_size: u32,
    pub itemsize: u32,
    pub index: u32,
    pub dictionary: u32,
    pub first_child: u32,
    pub children: u32,
    pub dtype: u32,
    pub flags: u32,
    pub metadata: *const std::ffi::c_void,
    pub metadata_size: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_field_t {
    pub struct_size: usize,
    pub name: *const std::ffi::c_char,
    pub name_size: usize,
    pub format: *const std::ffi::c_char,
    pub length: u64,
    pub nulls: u64,
    pub validity: *const u8,
    pub data: *const std::ffi::c_void,
    pub offsets: *const std::ffi::c_void,
    pub dictionary: *const dy_lmdb_field_t,
    pub children: *const dy_lmdb_field_t,
    pub child_count: usize,
    pub metadata: *const std::ffi::c_void,
    pub metadata_size: usize,
    pub flags: u64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_array_t {
    pub struct_size: usize,
    pub data: *const std::ffi::c_void,
    pub size: usize,
    pub itemsize: usize,
    pub descr: *const std::ffi::c_char,
    pub descr_len: usize,
    pub dtype: u32,
    pub unit: u32,
    pub flags: u32,
    pub ndim: u32,
    pub shape: [u64; 64usize],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dy_lmdb_numbers_t {
    pub struct_size: usize,
    pub data: *const f64,
    pub count: usize,
    pub flags: u32,
    pub ndim: u32,
    pub shape: [u64; 32usize],
}
pub struct Functions {
    __library: ::libloading::Library,
    pub dy_lmdb_status_name: unsafe extern "C" fn(
        status: dy_lmdb_status_t,
    ) -> *const std::ffi::c_char,
    pub dy_lmdb_status_help: unsafe extern "C" fn(
        status: dy_lmdb_status_t,
    ) -> *const std::ffi::c_char,
    pub dy_lmdb_version: unsafe extern "C" fn() -> *const std::ffi::c_char,
    pub dy_lmdb_abi_version: unsafe extern "C" fn() -> u32,
    pub dy_lmdb_lmdb_version: unsafe extern "C" fn() -> *const std::ffi::c_char,
    pub dy_lmdb_last_error_message: unsafe extern "C" fn() -> *const std::ffi::c_char,
    pub dy_lmdb_log_set: unsafe extern "C" fn(
        level: u32,
        hears: dy_lmdb_log_t,
        context: *mut std::ffi::c_void,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_warnings_take: unsafe extern "C" fn(
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_bytes_data: unsafe extern "C" fn(
        bytes: *const dy_lmdb_bytes_t,
    ) -> *const std::ffi::c_void,
    pub dy_lmdb_bytes_size: unsafe extern "C" fn(bytes: *const dy_lmdb_bytes_t) -> usize,
    pub dy_lmdb_bytes_free: unsafe extern "C" fn(bytes: *mut dy_lmdb_bytes_t),
    pub dy_lmdb_options_default: unsafe extern "C" fn(options: *mut dy_lmdb_options_t),
    pub dy_lmdb_put_options_default: unsafe extern "C" fn(
        options: *mut dy_lmdb_put_options_t,
    ),
    pub dy_lmdb_store_open: unsafe extern "C" fn(
        path: *const std::ffi::c_char,
        path_len: usize,
        options: *const dy_lmdb_options_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_open_config: unsafe extern "C" fn(
        json: *const std::ffi::c_char,
        json_len: usize,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_close: unsafe extern "C" fn(
        store: *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_path: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        path: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_id: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        id: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_sweep: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        removed: *mut u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_stats: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_calls: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_audit: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_put: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_put_many: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        entries: *const dy_lmdb_entry_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_get: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        buffer: *mut std::ffi::c_void,
        capacity: usize,
        size: *mut usize,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_contains: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        present: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_delete: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        deleted: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_touch: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        ttl_ms: u64,
        touched: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_wait: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        timeout_ms: i64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_store_list: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        prefix: *const std::ffi::c_void,
        prefix_len: usize,
        keys: *mut *mut dy_lmdb_keys_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_keys_count: unsafe extern "C" fn(keys: *const dy_lmdb_keys_t) -> usize,
    pub dy_lmdb_keys_at: unsafe extern "C" fn(
        keys: *const dy_lmdb_keys_t,
        index: usize,
        key: *mut *const std::ffi::c_void,
        key_len: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_keys_free: unsafe extern "C" fn(keys: *mut dy_lmdb_keys_t),
    pub dy_lmdb_view_open: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        flags: u32,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_data: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_info: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_text: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
        field: u32,
        text: *mut *const std::ffi::c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_verify: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_close: unsafe extern "C" fn(
        view: *mut dy_lmdb_view_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_new: unsafe extern "C" fn(
        watch: *mut *mut dy_lmdb_watch_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_add: unsafe extern "C" fn(
        watch: *const dy_lmdb_watch_t,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        id: u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_remove: unsafe extern "C" fn(
        watch: *const dy_lmdb_watch_t,
        id: u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_wait: unsafe extern "C" fn(
        watch: *const dy_lmdb_watch_t,
        timeout_ms: i64,
        ids: *mut u64,
        most: usize,
        count: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_cancel: unsafe extern "C" fn(
        watch: *const dy_lmdb_watch_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_watch_free: unsafe extern "C" fn(watch: *mut dy_lmdb_watch_t),
    pub dy_lmdb_loan_open: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        size: u64,
        loan: *mut *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_loan_take: unsafe extern "C" fn(
        store: *const dy_lmdb_store_t,
        size: u64,
        loan: *mut *mut dy_lmdb_loan_t,
        data: *mut *mut std::ffi::c_void,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_loan_data: unsafe extern "C" fn(
        loan: *mut dy_lmdb_loan_t,
        data: *mut *mut std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_loan_publish: unsafe extern "C" fn(
        loan: *mut dy_lmdb_loan_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        size: u64,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_loan_finish: unsafe extern "C" fn(
        loan: *mut dy_lmdb_loan_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        size: u64,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_loan_drop: unsafe extern "C" fn(
        loan: *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_publish_output: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        loan: *mut dy_lmdb_loan_t,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_config_parse: unsafe extern "C" fn(
        json: *const std::ffi::c_char,
        json_len: usize,
        normalised: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_name: unsafe extern "C" fn(at: u32) -> *const std::ffi::c_char,
    pub dy_lmdb_references_of: unsafe extern "C" fn(
        names: *const dy_lmdb_buffer_t,
        texts: *const dy_lmdb_buffer_t,
        count: usize,
        inputs: *mut *mut dy_lmdb_reference_t,
        ninputs: *mut usize,
        output: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_new: unsafe extern "C" fn(
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_parse: unsafe extern "C" fn(
        json: *const std::ffi::c_char,
        json_len: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_from_fields: unsafe extern "C" fn(
        fields: *const dy_lmdb_buffer_t,
        count: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_set: unsafe extern "C" fn(
        reference: *mut dy_lmdb_reference_t,
        name: *const std::ffi::c_char,
        name_len: usize,
        value: *const std::ffi::c_char,
        value_len: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_get: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        name: *const std::ffi::c_char,
        name_len: usize,
        value: *mut *const std::ffi::c_char,
        value_len: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_fields: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        fields: *mut dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_json: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_free: unsafe extern "C" fn(
        reference: *mut dy_lmdb_reference_t,
    ),
    pub dy_lmdb_reference_view_input: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_put_output: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_settle_direct: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_decline: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_reference_store: unsafe extern "C" fn(
        reference: *const dy_lmdb_reference_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_allowed_roots_set: unsafe extern "C" fn(
        roots: *const dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_path_map_set: unsafe extern "C" fn(
        theirs: *const dy_lmdb_buffer_t,
        ours: *const dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_open: unsafe extern "C" fn(
        config: *const std::ffi::c_char,
        config_len: usize,
        name: *const std::ffi::c_char,
        name_len: usize,
        exchange: *mut *mut dy_lmdb_exchange_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_close: unsafe extern "C" fn(
        exchange: *mut dy_lmdb_exchange_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_store: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_txn_id_make: unsafe extern "C" fn(
        id: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_key: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        side: u32,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        key: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_should: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        size: u64,
        should: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_put_input: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        format: u32,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_reference: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_calls: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_refused: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        why: *const std::ffi::c_char,
        why_len: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_called: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        us: u64,
        calculate_us: u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_passed_directly: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        us: u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_ignored: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        ignored: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_output_reference: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        output: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_judge: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        answer: u32,
        timeout_ms: i64,
        decision: *mut u32,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_repeated: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_settle: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        answer: u32,
        timeout_ms: i64,
        decision: *mut u32,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_exchange_cleanup: unsafe extern "C" fn(
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        flags: u32,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_open: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_refers: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        refers: *mut u8,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_from_bytes: unsafe extern "C" fn(
        data: *const std::ffi::c_void,
        size: usize,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_close: unsafe extern "C" fn(
        document: *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_validate: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_find: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        path: *const std::ffi::c_char,
        path_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_get: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        map: dy_lmdb_node_t,
        key: *const std::ffi::c_char,
        key_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_at: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        array: dy_lmdb_node_t,
        index: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_iterate: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        iterator: *mut dy_lmdb_iterator_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_next: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        iterator: *mut dy_lmdb_iterator_t,
        more: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_exact: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        kind: *mut u32,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_type: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        kind: *mut u32,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_count: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        count: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_bool: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_int64: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut i64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_uint64: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_double: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut f64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_string: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        text: *mut *const std::ffi::c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_bytes: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_numbers: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        values: *mut f64,
        capacity: usize,
        count: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_new: unsafe extern "C" fn(
        writer: *mut *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_free: unsafe extern "C" fn(writer: *mut dy_lmdb_writer_t),
    pub dy_lmdb_writer_reset: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_nil: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_bool: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        value: bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_int64: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        value: i64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_uint64: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        value: u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_double: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        value: f64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_string: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        value: *const std::ffi::c_char,
        len: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_bytes: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        data: *const std::ffi::c_void,
        size: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_array: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_map: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_doubles: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        values: *const f64,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_int64s: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        values: *const i64,
        count: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_data: unsafe extern "C" fn(
        writer: *const dy_lmdb_writer_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_parts: unsafe extern "C" fn(
        writer: *const dy_lmdb_writer_t,
        parts: *mut *const dy_lmdb_buffer_t,
        nparts: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_put: unsafe extern "C" fn(
        writer: *const dy_lmdb_writer_t,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_put_output: unsafe extern "C" fn(
        writer: *const dy_lmdb_writer_t,
        reference: *const dy_lmdb_reference_t,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_loan_output: unsafe extern "C" fn(
        writer: *const dy_lmdb_writer_t,
        reference: *const dy_lmdb_reference_t,
        loan: *mut *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_segment: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        segment: *mut dy_lmdb_segment_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_next_segment: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        segment: *mut dy_lmdb_segment_t,
        found: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_next_extension: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        type_: *mut i32,
        node: *mut dy_lmdb_node_t,
        end: *mut dy_lmdb_node_t,
        found: *mut bool,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_segment: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        dtype: u32,
        unit: u32,
        flags: u32,
        shape: *const u64,
        ndim: usize,
        data: *const std::ffi::c_void,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_reserve: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        dtype: u32,
        unit: u32,
        flags: u32,
        shape: *const u64,
        ndim: usize,
        at: *mut u64,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_is_table: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        is_table: *mut u8,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_table: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        table: *mut dy_lmdb_table_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_column: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        index: u32,
        column: *mut dy_lmdb_column_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_column_named: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        name: *const std::ffi::c_char,
        name_size: usize,
        column: *mut dy_lmdb_column_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_to_table: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        table: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_check_table: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_table: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        origin: u32,
        rows: u64,
        columns: *const dy_lmdb_field_t,
        count: usize,
        metadata: *const std::ffi::c_void,
        metadata_size: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_export_arrow: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        schema: *mut ArrowSchema,
        array: *mut ArrowArray,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_document_export_arrow_stream: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        stream: *mut ArrowArrayStream,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_writer_arrow: unsafe extern "C" fn(
        writer: *mut dy_lmdb_writer_t,
        origin: u32,
        stream: *mut ArrowArrayStream,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_npy_header: unsafe extern "C" fn(
        data: *const std::ffi::c_void,
        size: usize,
        array: *mut dy_lmdb_array_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_view_array: unsafe extern "C" fn(
        view: *const dy_lmdb_view_t,
        array: *mut dy_lmdb_array_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_npy_write: unsafe extern "C" fn(
        descr: *const std::ffi::c_char,
        descr_len: usize,
        shape: *const u64,
        ndim: usize,
        flags: u32,
        before: usize,
        header: *mut std::ffi::c_void,
        capacity: usize,
        size: *mut usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_numbers_describe: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        numbers: *mut dy_lmdb_numbers_t,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_numbers_copy: unsafe extern "C" fn(
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        values: *mut f64,
        capacity: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_numbers_convert: unsafe extern "C" fn(
        dtype: u32,
        flags: u32,
        data: *const std::ffi::c_void,
        size: usize,
        values: *mut f64,
        capacity: usize,
    ) -> dy_lmdb_status_t,
    pub dy_lmdb_python_types: unsafe extern "C" fn() -> *mut std::ffi::c_void,
    pub dy_lmdb_python_door: unsafe extern "C" fn(version: u32) -> *mut std::ffi::c_void,
}
impl Functions {
    pub unsafe fn new<P>(path: P) -> Result<Self, ::libloading::Error>
    where
        P: AsRef<::std::ffi::OsStr>,
    {
        let library = unsafe { ::libloading::Library::new(path) }?;
        unsafe { Self::from_library(library) }
    }
    pub unsafe fn from_library<L>(library: L) -> Result<Self, ::libloading::Error>
    where
        L: Into<::libloading::Library>,
    {
        let __library = library.into();
        let dy_lmdb_status_name = unsafe { __library.get(b"dy_lmdb_status_name\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_status_help = unsafe { __library.get(b"dy_lmdb_status_help\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_version = unsafe { __library.get(b"dy_lmdb_version\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_abi_version = unsafe { __library.get(b"dy_lmdb_abi_version\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_lmdb_version = unsafe { __library.get(b"dy_lmdb_lmdb_version\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_last_error_message = unsafe {
            __library.get(b"dy_lmdb_last_error_message\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_log_set = unsafe { __library.get(b"dy_lmdb_log_set\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_warnings_take = unsafe { __library.get(b"dy_lmdb_warnings_take\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_bytes_data = unsafe { __library.get(b"dy_lmdb_bytes_data\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_bytes_size = unsafe { __library.get(b"dy_lmdb_bytes_size\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_bytes_free = unsafe { __library.get(b"dy_lmdb_bytes_free\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_options_default = unsafe {
            __library.get(b"dy_lmdb_options_default\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_put_options_default = unsafe {
            __library.get(b"dy_lmdb_put_options_default\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_store_open = unsafe { __library.get(b"dy_lmdb_store_open\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_open_config = unsafe {
            __library.get(b"dy_lmdb_store_open_config\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_store_close = unsafe { __library.get(b"dy_lmdb_store_close\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_path = unsafe { __library.get(b"dy_lmdb_store_path\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_id = unsafe { __library.get(b"dy_lmdb_store_id\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_sweep = unsafe { __library.get(b"dy_lmdb_store_sweep\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_stats = unsafe { __library.get(b"dy_lmdb_store_stats\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_calls = unsafe { __library.get(b"dy_lmdb_store_calls\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_audit = unsafe { __library.get(b"dy_lmdb_store_audit\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_put = unsafe { __library.get(b"dy_lmdb_store_put\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_put_many = unsafe {
            __library.get(b"dy_lmdb_store_put_many\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_store_get = unsafe { __library.get(b"dy_lmdb_store_get\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_contains = unsafe {
            __library.get(b"dy_lmdb_store_contains\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_store_delete = unsafe { __library.get(b"dy_lmdb_store_delete\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_touch = unsafe { __library.get(b"dy_lmdb_store_touch\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_wait = unsafe { __library.get(b"dy_lmdb_store_wait\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_store_list = unsafe { __library.get(b"dy_lmdb_store_list\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_keys_count = unsafe { __library.get(b"dy_lmdb_keys_count\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_keys_at = unsafe { __library.get(b"dy_lmdb_keys_at\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_keys_free = unsafe { __library.get(b"dy_lmdb_keys_free\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_open = unsafe { __library.get(b"dy_lmdb_view_open\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_data = unsafe { __library.get(b"dy_lmdb_view_data\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_info = unsafe { __library.get(b"dy_lmdb_view_info\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_text = unsafe { __library.get(b"dy_lmdb_view_text\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_verify = unsafe { __library.get(b"dy_lmdb_view_verify\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_close = unsafe { __library.get(b"dy_lmdb_view_close\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_new = unsafe { __library.get(b"dy_lmdb_watch_new\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_add = unsafe { __library.get(b"dy_lmdb_watch_add\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_remove = unsafe { __library.get(b"dy_lmdb_watch_remove\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_wait = unsafe { __library.get(b"dy_lmdb_watch_wait\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_cancel = unsafe { __library.get(b"dy_lmdb_watch_cancel\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_watch_free = unsafe { __library.get(b"dy_lmdb_watch_free\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_open = unsafe { __library.get(b"dy_lmdb_loan_open\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_take = unsafe { __library.get(b"dy_lmdb_loan_take\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_data = unsafe { __library.get(b"dy_lmdb_loan_data\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_publish = unsafe { __library.get(b"dy_lmdb_loan_publish\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_finish = unsafe { __library.get(b"dy_lmdb_loan_finish\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_loan_drop = unsafe { __library.get(b"dy_lmdb_loan_drop\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_publish_output = unsafe {
            __library.get(b"dy_lmdb_reference_publish_output\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_config_parse = unsafe { __library.get(b"dy_lmdb_config_parse\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_name = unsafe {
            __library.get(b"dy_lmdb_reference_name\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_references_of = unsafe { __library.get(b"dy_lmdb_references_of\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_new = unsafe { __library.get(b"dy_lmdb_reference_new\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_parse = unsafe {
            __library.get(b"dy_lmdb_reference_parse\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_from_fields = unsafe {
            __library.get(b"dy_lmdb_reference_from_fields\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_set = unsafe { __library.get(b"dy_lmdb_reference_set\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_get = unsafe { __library.get(b"dy_lmdb_reference_get\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_fields = unsafe {
            __library.get(b"dy_lmdb_reference_fields\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_json = unsafe {
            __library.get(b"dy_lmdb_reference_json\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_free = unsafe {
            __library.get(b"dy_lmdb_reference_free\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_view_input = unsafe {
            __library.get(b"dy_lmdb_reference_view_input\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_put_output = unsafe {
            __library.get(b"dy_lmdb_reference_put_output\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_settle_direct = unsafe {
            __library.get(b"dy_lmdb_reference_settle_direct\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_decline = unsafe {
            __library.get(b"dy_lmdb_reference_decline\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_reference_store = unsafe {
            __library.get(b"dy_lmdb_reference_store\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_allowed_roots_set = unsafe {
            __library.get(b"dy_lmdb_allowed_roots_set\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_path_map_set = unsafe { __library.get(b"dy_lmdb_path_map_set\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_open = unsafe { __library.get(b"dy_lmdb_exchange_open\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_close = unsafe {
            __library.get(b"dy_lmdb_exchange_close\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_store = unsafe {
            __library.get(b"dy_lmdb_exchange_store\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_txn_id_make = unsafe { __library.get(b"dy_lmdb_txn_id_make\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_key = unsafe { __library.get(b"dy_lmdb_exchange_key\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_should = unsafe {
            __library.get(b"dy_lmdb_exchange_should\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_put_input = unsafe {
            __library.get(b"dy_lmdb_exchange_put_input\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_reference = unsafe {
            __library.get(b"dy_lmdb_exchange_reference\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_calls = unsafe {
            __library.get(b"dy_lmdb_exchange_calls\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_refused = unsafe {
            __library.get(b"dy_lmdb_exchange_refused\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_called = unsafe {
            __library.get(b"dy_lmdb_exchange_called\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_passed_directly = unsafe {
            __library.get(b"dy_lmdb_exchange_passed_directly\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_ignored = unsafe {
            __library.get(b"dy_lmdb_exchange_ignored\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_output_reference = unsafe {
            __library.get(b"dy_lmdb_exchange_output_reference\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_judge = unsafe {
            __library.get(b"dy_lmdb_exchange_judge\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_repeated = unsafe {
            __library.get(b"dy_lmdb_exchange_repeated\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_settle = unsafe {
            __library.get(b"dy_lmdb_exchange_settle\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_exchange_cleanup = unsafe {
            __library.get(b"dy_lmdb_exchange_cleanup\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_open = unsafe { __library.get(b"dy_lmdb_document_open\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_refers = unsafe {
            __library.get(b"dy_lmdb_document_refers\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_from_bytes = unsafe {
            __library.get(b"dy_lmdb_document_from_bytes\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_close = unsafe {
            __library.get(b"dy_lmdb_document_close\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_validate = unsafe {
            __library.get(b"dy_lmdb_document_validate\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_find = unsafe { __library.get(b"dy_lmdb_document_find\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_get = unsafe { __library.get(b"dy_lmdb_document_get\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_at = unsafe { __library.get(b"dy_lmdb_document_at\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_iterate = unsafe {
            __library.get(b"dy_lmdb_document_iterate\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_next = unsafe { __library.get(b"dy_lmdb_document_next\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_exact = unsafe {
            __library.get(b"dy_lmdb_document_exact\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_type = unsafe { __library.get(b"dy_lmdb_document_type\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_count = unsafe {
            __library.get(b"dy_lmdb_document_count\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_bool = unsafe { __library.get(b"dy_lmdb_document_bool\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_int64 = unsafe {
            __library.get(b"dy_lmdb_document_int64\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_uint64 = unsafe {
            __library.get(b"dy_lmdb_document_uint64\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_double = unsafe {
            __library.get(b"dy_lmdb_document_double\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_string = unsafe {
            __library.get(b"dy_lmdb_document_string\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_bytes = unsafe {
            __library.get(b"dy_lmdb_document_bytes\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_numbers = unsafe {
            __library.get(b"dy_lmdb_document_numbers\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_new = unsafe { __library.get(b"dy_lmdb_writer_new\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_free = unsafe { __library.get(b"dy_lmdb_writer_free\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_reset = unsafe { __library.get(b"dy_lmdb_writer_reset\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_nil = unsafe { __library.get(b"dy_lmdb_writer_nil\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_bool = unsafe { __library.get(b"dy_lmdb_writer_bool\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_int64 = unsafe { __library.get(b"dy_lmdb_writer_int64\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_uint64 = unsafe { __library.get(b"dy_lmdb_writer_uint64\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_double = unsafe { __library.get(b"dy_lmdb_writer_double\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_string = unsafe { __library.get(b"dy_lmdb_writer_string\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_bytes = unsafe { __library.get(b"dy_lmdb_writer_bytes\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_array = unsafe { __library.get(b"dy_lmdb_writer_array\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_map = unsafe { __library.get(b"dy_lmdb_writer_map\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_doubles = unsafe {
            __library.get(b"dy_lmdb_writer_doubles\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_int64s = unsafe { __library.get(b"dy_lmdb_writer_int64s\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_data = unsafe { __library.get(b"dy_lmdb_writer_data\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_parts = unsafe { __library.get(b"dy_lmdb_writer_parts\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_put = unsafe { __library.get(b"dy_lmdb_writer_put\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_put_output = unsafe {
            __library.get(b"dy_lmdb_writer_put_output\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_loan_output = unsafe {
            __library.get(b"dy_lmdb_writer_loan_output\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_segment = unsafe {
            __library.get(b"dy_lmdb_document_segment\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_next_segment = unsafe {
            __library.get(b"dy_lmdb_document_next_segment\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_next_extension = unsafe {
            __library.get(b"dy_lmdb_document_next_extension\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_segment = unsafe {
            __library.get(b"dy_lmdb_writer_segment\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_reserve = unsafe {
            __library.get(b"dy_lmdb_writer_reserve\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_is_table = unsafe {
            __library.get(b"dy_lmdb_document_is_table\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_table = unsafe {
            __library.get(b"dy_lmdb_document_table\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_column = unsafe {
            __library.get(b"dy_lmdb_document_column\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_column_named = unsafe {
            __library.get(b"dy_lmdb_document_column_named\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_to_table = unsafe {
            __library.get(b"dy_lmdb_document_to_table\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_check_table = unsafe {
            __library.get(b"dy_lmdb_document_check_table\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_table = unsafe { __library.get(b"dy_lmdb_writer_table\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_document_export_arrow = unsafe {
            __library.get(b"dy_lmdb_document_export_arrow\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_document_export_arrow_stream = unsafe {
            __library.get(b"dy_lmdb_document_export_arrow_stream\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_writer_arrow = unsafe { __library.get(b"dy_lmdb_writer_arrow\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_npy_header = unsafe { __library.get(b"dy_lmdb_npy_header\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_view_array = unsafe { __library.get(b"dy_lmdb_view_array\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_npy_write = unsafe { __library.get(b"dy_lmdb_npy_write\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_numbers_describe = unsafe {
            __library.get(b"dy_lmdb_numbers_describe\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_numbers_copy = unsafe { __library.get(b"dy_lmdb_numbers_copy\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_numbers_convert = unsafe {
            __library.get(b"dy_lmdb_numbers_convert\0")
        }
            .map(|sym| *sym)?;
        let dy_lmdb_python_types = unsafe { __library.get(b"dy_lmdb_python_types\0") }
            .map(|sym| *sym)?;
        let dy_lmdb_python_door = unsafe { __library.get(b"dy_lmdb_python_door\0") }
            .map(|sym| *sym)?;
        Ok(Functions {
            __library,
            dy_lmdb_status_name,
            dy_lmdb_status_help,
            dy_lmdb_version,
            dy_lmdb_abi_version,
            dy_lmdb_lmdb_version,
            dy_lmdb_last_error_message,
            dy_lmdb_log_set,
            dy_lmdb_warnings_take,
            dy_lmdb_bytes_data,
            dy_lmdb_bytes_size,
            dy_lmdb_bytes_free,
            dy_lmdb_options_default,
            dy_lmdb_put_options_default,
            dy_lmdb_store_open,
            dy_lmdb_store_open_config,
            dy_lmdb_store_close,
            dy_lmdb_store_path,
            dy_lmdb_store_id,
            dy_lmdb_store_sweep,
            dy_lmdb_store_stats,
            dy_lmdb_store_calls,
            dy_lmdb_store_audit,
            dy_lmdb_store_put,
            dy_lmdb_store_put_many,
            dy_lmdb_store_get,
            dy_lmdb_store_contains,
            dy_lmdb_store_delete,
            dy_lmdb_store_touch,
            dy_lmdb_store_wait,
            dy_lmdb_store_list,
            dy_lmdb_keys_count,
            dy_lmdb_keys_at,
            dy_lmdb_keys_free,
            dy_lmdb_view_open,
            dy_lmdb_view_data,
            dy_lmdb_view_info,
            dy_lmdb_view_text,
            dy_lmdb_view_verify,
            dy_lmdb_view_close,
            dy_lmdb_watch_new,
            dy_lmdb_watch_add,
            dy_lmdb_watch_remove,
            dy_lmdb_watch_wait,
            dy_lmdb_watch_cancel,
            dy_lmdb_watch_free,
            dy_lmdb_loan_open,
            dy_lmdb_loan_take,
            dy_lmdb_loan_data,
            dy_lmdb_loan_publish,
            dy_lmdb_loan_finish,
            dy_lmdb_loan_drop,
            dy_lmdb_reference_publish_output,
            dy_lmdb_config_parse,
            dy_lmdb_reference_name,
            dy_lmdb_references_of,
            dy_lmdb_reference_new,
            dy_lmdb_reference_parse,
            dy_lmdb_reference_from_fields,
            dy_lmdb_reference_set,
            dy_lmdb_reference_get,
            dy_lmdb_reference_fields,
            dy_lmdb_reference_json,
            dy_lmdb_reference_free,
            dy_lmdb_reference_view_input,
            dy_lmdb_reference_put_output,
            dy_lmdb_reference_settle_direct,
            dy_lmdb_reference_decline,
            dy_lmdb_reference_store,
            dy_lmdb_allowed_roots_set,
            dy_lmdb_path_map_set,
            dy_lmdb_exchange_open,
            dy_lmdb_exchange_close,
            dy_lmdb_exchange_store,
            dy_lmdb_txn_id_make,
            dy_lmdb_exchange_key,
            dy_lmdb_exchange_should,
            dy_lmdb_exchange_put_input,
            dy_lmdb_exchange_reference,
            dy_lmdb_exchange_calls,
            dy_lmdb_exchange_refused,
            dy_lmdb_exchange_called,
            dy_lmdb_exchange_passed_directly,
            dy_lmdb_exchange_ignored,
            dy_lmdb_exchange_output_reference,
            dy_lmdb_exchange_judge,
            dy_lmdb_exchange_repeated,
            dy_lmdb_exchange_settle,
            dy_lmdb_exchange_cleanup,
            dy_lmdb_document_open,
            dy_lmdb_document_refers,
            dy_lmdb_document_from_bytes,
            dy_lmdb_document_close,
            dy_lmdb_document_validate,
            dy_lmdb_document_find,
            dy_lmdb_document_get,
            dy_lmdb_document_at,
            dy_lmdb_document_iterate,
            dy_lmdb_document_next,
            dy_lmdb_document_exact,
            dy_lmdb_document_type,
            dy_lmdb_document_count,
            dy_lmdb_document_bool,
            dy_lmdb_document_int64,
            dy_lmdb_document_uint64,
            dy_lmdb_document_double,
            dy_lmdb_document_string,
            dy_lmdb_document_bytes,
            dy_lmdb_document_numbers,
            dy_lmdb_writer_new,
            dy_lmdb_writer_free,
            dy_lmdb_writer_reset,
            dy_lmdb_writer_nil,
            dy_lmdb_writer_bool,
            dy_lmdb_writer_int64,
            dy_lmdb_writer_uint64,
            dy_lmdb_writer_double,
            dy_lmdb_writer_string,
            dy_lmdb_writer_bytes,
            dy_lmdb_writer_array,
            dy_lmdb_writer_map,
            dy_lmdb_writer_doubles,
            dy_lmdb_writer_int64s,
            dy_lmdb_writer_data,
            dy_lmdb_writer_parts,
            dy_lmdb_writer_put,
            dy_lmdb_writer_put_output,
            dy_lmdb_writer_loan_output,
            dy_lmdb_document_segment,
            dy_lmdb_document_next_segment,
            dy_lmdb_document_next_extension,
            dy_lmdb_writer_segment,
            dy_lmdb_writer_reserve,
            dy_lmdb_document_is_table,
            dy_lmdb_document_table,
            dy_lmdb_document_column,
            dy_lmdb_document_column_named,
            dy_lmdb_document_to_table,
            dy_lmdb_document_check_table,
            dy_lmdb_writer_table,
            dy_lmdb_document_export_arrow,
            dy_lmdb_document_export_arrow_stream,
            dy_lmdb_writer_arrow,
            dy_lmdb_npy_header,
            dy_lmdb_view_array,
            dy_lmdb_npy_write,
            dy_lmdb_numbers_describe,
            dy_lmdb_numbers_copy,
            dy_lmdb_numbers_convert,
            dy_lmdb_python_types,
            dy_lmdb_python_door,
        })
    }
    pub unsafe fn dy_lmdb_status_name(
        &self,
        status: dy_lmdb_status_t,
    ) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_status_name)(status) }
    }
    pub unsafe fn dy_lmdb_status_help(
        &self,
        status: dy_lmdb_status_t,
    ) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_status_help)(status) }
    }
    pub unsafe fn dy_lmdb_version(&self) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_version)() }
    }
    pub unsafe fn dy_lmdb_abi_version(&self) -> u32 {
        unsafe { (self.dy_lmdb_abi_version)() }
    }
    pub unsafe fn dy_lmdb_lmdb_version(&self) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_lmdb_version)() }
    }
    pub unsafe fn dy_lmdb_last_error_message(&self) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_last_error_message)() }
    }
    pub unsafe fn dy_lmdb_log_set(
        &self,
        level: u32,
        hears: dy_lmdb_log_t,
        context: *mut std::ffi::c_void,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_log_set)(level, hears, context) }
    }
    pub unsafe fn dy_lmdb_warnings_take(
        &self,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_warnings_take)(json) }
    }
    pub unsafe fn dy_lmdb_bytes_data(
        &self,
        bytes: *const dy_lmdb_bytes_t,
    ) -> *const std::ffi::c_void {
        unsafe { (self.dy_lmdb_bytes_data)(bytes) }
    }
    pub unsafe fn dy_lmdb_bytes_size(&self, bytes: *const dy_lmdb_bytes_t) -> usize {
        unsafe { (self.dy_lmdb_bytes_size)(bytes) }
    }
    pub unsafe fn dy_lmdb_bytes_free(&self, bytes: *mut dy_lmdb_bytes_t) {
        unsafe { (self.dy_lmdb_bytes_free)(bytes) }
    }
    pub unsafe fn dy_lmdb_options_default(&self, options: *mut dy_lmdb_options_t) {
        unsafe { (self.dy_lmdb_options_default)(options) }
    }
    pub unsafe fn dy_lmdb_put_options_default(
        &self,
        options: *mut dy_lmdb_put_options_t,
    ) {
        unsafe { (self.dy_lmdb_put_options_default)(options) }
    }
    pub unsafe fn dy_lmdb_store_open(
        &self,
        path: *const std::ffi::c_char,
        path_len: usize,
        options: *const dy_lmdb_options_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_open)(path, path_len, options, store) }
    }
    pub unsafe fn dy_lmdb_store_open_config(
        &self,
        json: *const std::ffi::c_char,
        json_len: usize,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_open_config)(json, json_len, store) }
    }
    pub unsafe fn dy_lmdb_store_close(
        &self,
        store: *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_close)(store) }
    }
    pub unsafe fn dy_lmdb_store_path(
        &self,
        store: *const dy_lmdb_store_t,
        path: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_path)(store, path) }
    }
    pub unsafe fn dy_lmdb_store_id(
        &self,
        store: *const dy_lmdb_store_t,
        id: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_id)(store, id) }
    }
    pub unsafe fn dy_lmdb_store_sweep(
        &self,
        store: *const dy_lmdb_store_t,
        removed: *mut u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_sweep)(store, removed) }
    }
    pub unsafe fn dy_lmdb_store_stats(
        &self,
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_stats)(store, json) }
    }
    pub unsafe fn dy_lmdb_store_calls(
        &self,
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_calls)(store, json) }
    }
    pub unsafe fn dy_lmdb_store_audit(
        &self,
        store: *const dy_lmdb_store_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_audit)(store, json) }
    }
    pub unsafe fn dy_lmdb_store_put(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_store_put)(
                store,
                db,
                db_len,
                key,
                key_len,
                parts,
                nparts,
                options,
                info,
            )
        }
    }
    pub unsafe fn dy_lmdb_store_put_many(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        entries: *const dy_lmdb_entry_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_put_many)(store, db, db_len, entries, count) }
    }
    pub unsafe fn dy_lmdb_store_get(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        buffer: *mut std::ffi::c_void,
        capacity: usize,
        size: *mut usize,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_store_get)(
                store,
                db,
                db_len,
                key,
                key_len,
                buffer,
                capacity,
                size,
                info,
            )
        }
    }
    pub unsafe fn dy_lmdb_store_contains(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        present: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_store_contains)(store, db, db_len, key, key_len, present)
        }
    }
    pub unsafe fn dy_lmdb_store_delete(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        deleted: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_delete)(store, db, db_len, key, key_len, deleted) }
    }
    pub unsafe fn dy_lmdb_store_touch(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        ttl_ms: u64,
        touched: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_store_touch)(store, db, db_len, key, key_len, ttl_ms, touched)
        }
    }
    pub unsafe fn dy_lmdb_store_wait(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        timeout_ms: i64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_wait)(store, db, db_len, key, key_len, timeout_ms) }
    }
    pub unsafe fn dy_lmdb_store_list(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        prefix: *const std::ffi::c_void,
        prefix_len: usize,
        keys: *mut *mut dy_lmdb_keys_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_store_list)(store, db, db_len, prefix, prefix_len, keys) }
    }
    pub unsafe fn dy_lmdb_keys_count(&self, keys: *const dy_lmdb_keys_t) -> usize {
        unsafe { (self.dy_lmdb_keys_count)(keys) }
    }
    pub unsafe fn dy_lmdb_keys_at(
        &self,
        keys: *const dy_lmdb_keys_t,
        index: usize,
        key: *mut *const std::ffi::c_void,
        key_len: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_keys_at)(keys, index, key, key_len) }
    }
    pub unsafe fn dy_lmdb_keys_free(&self, keys: *mut dy_lmdb_keys_t) {
        unsafe { (self.dy_lmdb_keys_free)(keys) }
    }
    pub unsafe fn dy_lmdb_view_open(
        &self,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        flags: u32,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_view_open)(store, db, db_len, key, key_len, flags, view, info)
        }
    }
    pub unsafe fn dy_lmdb_view_data(
        &self,
        view: *const dy_lmdb_view_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_data)(view, data, size) }
    }
    pub unsafe fn dy_lmdb_view_info(
        &self,
        view: *const dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_info)(view, info) }
    }
    pub unsafe fn dy_lmdb_view_text(
        &self,
        view: *const dy_lmdb_view_t,
        field: u32,
        text: *mut *const std::ffi::c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_text)(view, field, text, len) }
    }
    pub unsafe fn dy_lmdb_view_verify(
        &self,
        view: *const dy_lmdb_view_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_verify)(view) }
    }
    pub unsafe fn dy_lmdb_view_close(
        &self,
        view: *mut dy_lmdb_view_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_close)(view) }
    }
    pub unsafe fn dy_lmdb_watch_new(
        &self,
        watch: *mut *mut dy_lmdb_watch_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_watch_new)(watch) }
    }
    pub unsafe fn dy_lmdb_watch_add(
        &self,
        watch: *const dy_lmdb_watch_t,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        id: u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_watch_add)(watch, store, db, db_len, key, key_len, id) }
    }
    pub unsafe fn dy_lmdb_watch_remove(
        &self,
        watch: *const dy_lmdb_watch_t,
        id: u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_watch_remove)(watch, id) }
    }
    pub unsafe fn dy_lmdb_watch_wait(
        &self,
        watch: *const dy_lmdb_watch_t,
        timeout_ms: i64,
        ids: *mut u64,
        most: usize,
        count: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_watch_wait)(watch, timeout_ms, ids, most, count) }
    }
    pub unsafe fn dy_lmdb_watch_cancel(
        &self,
        watch: *const dy_lmdb_watch_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_watch_cancel)(watch) }
    }
    pub unsafe fn dy_lmdb_watch_free(&self, watch: *mut dy_lmdb_watch_t) {
        unsafe { (self.dy_lmdb_watch_free)(watch) }
    }
    pub unsafe fn dy_lmdb_loan_open(
        &self,
        store: *const dy_lmdb_store_t,
        size: u64,
        loan: *mut *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_loan_open)(store, size, loan) }
    }
    pub unsafe fn dy_lmdb_loan_take(
        &self,
        store: *const dy_lmdb_store_t,
        size: u64,
        loan: *mut *mut dy_lmdb_loan_t,
        data: *mut *mut std::ffi::c_void,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_loan_take)(store, size, loan, data) }
    }
    pub unsafe fn dy_lmdb_loan_data(
        &self,
        loan: *mut dy_lmdb_loan_t,
        data: *mut *mut std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_loan_data)(loan, data, size) }
    }
    pub unsafe fn dy_lmdb_loan_publish(
        &self,
        loan: *mut dy_lmdb_loan_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        size: u64,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_loan_publish)(
                loan,
                db,
                db_len,
                key,
                key_len,
                size,
                options,
                info,
            )
        }
    }
    pub unsafe fn dy_lmdb_loan_finish(
        &self,
        loan: *mut dy_lmdb_loan_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        size: u64,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_loan_finish)(
                loan,
                db,
                db_len,
                key,
                key_len,
                size,
                options,
                info,
            )
        }
    }
    pub unsafe fn dy_lmdb_loan_drop(
        &self,
        loan: *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_loan_drop)(loan) }
    }
    pub unsafe fn dy_lmdb_reference_publish_output(
        &self,
        reference: *const dy_lmdb_reference_t,
        loan: *mut dy_lmdb_loan_t,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_reference_publish_output)(reference, loan, options, info)
        }
    }
    pub unsafe fn dy_lmdb_config_parse(
        &self,
        json: *const std::ffi::c_char,
        json_len: usize,
        normalised: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_config_parse)(json, json_len, normalised) }
    }
    pub unsafe fn dy_lmdb_reference_name(&self, at: u32) -> *const std::ffi::c_char {
        unsafe { (self.dy_lmdb_reference_name)(at) }
    }
    pub unsafe fn dy_lmdb_references_of(
        &self,
        names: *const dy_lmdb_buffer_t,
        texts: *const dy_lmdb_buffer_t,
        count: usize,
        inputs: *mut *mut dy_lmdb_reference_t,
        ninputs: *mut usize,
        output: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_references_of)(names, texts, count, inputs, ninputs, output)
        }
    }
    pub unsafe fn dy_lmdb_reference_new(
        &self,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_new)(reference) }
    }
    pub unsafe fn dy_lmdb_reference_parse(
        &self,
        json: *const std::ffi::c_char,
        json_len: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_parse)(json, json_len, reference) }
    }
    pub unsafe fn dy_lmdb_reference_from_fields(
        &self,
        fields: *const dy_lmdb_buffer_t,
        count: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_from_fields)(fields, count, reference) }
    }
    pub unsafe fn dy_lmdb_reference_set(
        &self,
        reference: *mut dy_lmdb_reference_t,
        name: *const std::ffi::c_char,
        name_len: usize,
        value: *const std::ffi::c_char,
        value_len: usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_reference_set)(reference, name, name_len, value, value_len)
        }
    }
    pub unsafe fn dy_lmdb_reference_get(
        &self,
        reference: *const dy_lmdb_reference_t,
        name: *const std::ffi::c_char,
        name_len: usize,
        value: *mut *const std::ffi::c_char,
        value_len: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_reference_get)(reference, name, name_len, value, value_len)
        }
    }
    pub unsafe fn dy_lmdb_reference_fields(
        &self,
        reference: *const dy_lmdb_reference_t,
        fields: *mut dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_fields)(reference, fields, count) }
    }
    pub unsafe fn dy_lmdb_reference_json(
        &self,
        reference: *const dy_lmdb_reference_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_json)(reference, json) }
    }
    pub unsafe fn dy_lmdb_reference_free(&self, reference: *mut dy_lmdb_reference_t) {
        unsafe { (self.dy_lmdb_reference_free)(reference) }
    }
    pub unsafe fn dy_lmdb_reference_view_input(
        &self,
        reference: *const dy_lmdb_reference_t,
        view: *mut *mut dy_lmdb_view_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_view_input)(reference, view, info) }
    }
    pub unsafe fn dy_lmdb_reference_put_output(
        &self,
        reference: *const dy_lmdb_reference_t,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_reference_put_output)(reference, parts, nparts, options, info)
        }
    }
    pub unsafe fn dy_lmdb_reference_settle_direct(
        &self,
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_settle_direct)(reference) }
    }
    pub unsafe fn dy_lmdb_reference_decline(
        &self,
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_decline)(reference) }
    }
    pub unsafe fn dy_lmdb_reference_store(
        &self,
        reference: *const dy_lmdb_reference_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_reference_store)(reference, store) }
    }
    pub unsafe fn dy_lmdb_allowed_roots_set(
        &self,
        roots: *const dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_allowed_roots_set)(roots, count) }
    }
    pub unsafe fn dy_lmdb_path_map_set(
        &self,
        theirs: *const dy_lmdb_buffer_t,
        ours: *const dy_lmdb_buffer_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_path_map_set)(theirs, ours, count) }
    }
    pub unsafe fn dy_lmdb_exchange_open(
        &self,
        config: *const std::ffi::c_char,
        config_len: usize,
        name: *const std::ffi::c_char,
        name_len: usize,
        exchange: *mut *mut dy_lmdb_exchange_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_exchange_open)(config, config_len, name, name_len, exchange)
        }
    }
    pub unsafe fn dy_lmdb_exchange_close(
        &self,
        exchange: *mut dy_lmdb_exchange_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_close)(exchange) }
    }
    pub unsafe fn dy_lmdb_exchange_store(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        store: *mut *mut dy_lmdb_store_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_store)(exchange, store) }
    }
    pub unsafe fn dy_lmdb_txn_id_make(
        &self,
        id: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_txn_id_make)(id) }
    }
    pub unsafe fn dy_lmdb_exchange_key(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        side: u32,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        key: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_key)(exchange, side, txn_id, txn_id_len, key) }
    }
    pub unsafe fn dy_lmdb_exchange_should(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        size: u64,
        should: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_should)(exchange, size, should) }
    }
    pub unsafe fn dy_lmdb_exchange_put_input(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        parts: *const dy_lmdb_buffer_t,
        nparts: usize,
        format: u32,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_exchange_put_input)(
                exchange,
                txn_id,
                txn_id_len,
                parts,
                nparts,
                format,
                reference,
            )
        }
    }
    pub unsafe fn dy_lmdb_exchange_reference(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        txn_id: *const std::ffi::c_char,
        txn_id_len: usize,
        reference: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_exchange_reference)(exchange, txn_id, txn_id_len, reference)
        }
    }
    pub unsafe fn dy_lmdb_exchange_calls(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        json: *mut *mut dy_lmdb_bytes_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_calls)(exchange, json) }
    }
    pub unsafe fn dy_lmdb_exchange_refused(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        why: *const std::ffi::c_char,
        why_len: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_refused)(exchange, why, why_len) }
    }
    pub unsafe fn dy_lmdb_exchange_called(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        us: u64,
        calculate_us: u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_called)(exchange, reference, us, calculate_us) }
    }
    pub unsafe fn dy_lmdb_exchange_passed_directly(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        us: u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_passed_directly)(exchange, us) }
    }
    pub unsafe fn dy_lmdb_exchange_ignored(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        ignored: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_ignored)(exchange, ignored) }
    }
    pub unsafe fn dy_lmdb_exchange_output_reference(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        output: *mut *mut dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_output_reference)(exchange, reference, output) }
    }
    pub unsafe fn dy_lmdb_exchange_judge(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        answer: u32,
        timeout_ms: i64,
        decision: *mut u32,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_exchange_judge)(
                exchange,
                reference,
                answer,
                timeout_ms,
                decision,
            )
        }
    }
    pub unsafe fn dy_lmdb_exchange_repeated(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_repeated)(exchange, reference) }
    }
    pub unsafe fn dy_lmdb_exchange_settle(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        answer: u32,
        timeout_ms: i64,
        decision: *mut u32,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_exchange_settle)(
                exchange,
                reference,
                answer,
                timeout_ms,
                decision,
            )
        }
    }
    pub unsafe fn dy_lmdb_exchange_cleanup(
        &self,
        exchange: *const dy_lmdb_exchange_t,
        reference: *const dy_lmdb_reference_t,
        flags: u32,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_exchange_cleanup)(exchange, reference, flags) }
    }
    pub unsafe fn dy_lmdb_document_open(
        &self,
        view: *const dy_lmdb_view_t,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_open)(view, document) }
    }
    pub unsafe fn dy_lmdb_document_refers(
        &self,
        document: *const dy_lmdb_document_t,
        refers: *mut u8,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_refers)(document, refers) }
    }
    pub unsafe fn dy_lmdb_document_from_bytes(
        &self,
        data: *const std::ffi::c_void,
        size: usize,
        document: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_from_bytes)(data, size, document) }
    }
    pub unsafe fn dy_lmdb_document_close(
        &self,
        document: *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_close)(document) }
    }
    pub unsafe fn dy_lmdb_document_validate(
        &self,
        document: *const dy_lmdb_document_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_validate)(document) }
    }
    pub unsafe fn dy_lmdb_document_find(
        &self,
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        path: *const std::ffi::c_char,
        path_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_find)(document, from, path, path_len, found) }
    }
    pub unsafe fn dy_lmdb_document_get(
        &self,
        document: *const dy_lmdb_document_t,
        map: dy_lmdb_node_t,
        key: *const std::ffi::c_char,
        key_len: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_get)(document, map, key, key_len, found) }
    }
    pub unsafe fn dy_lmdb_document_at(
        &self,
        document: *const dy_lmdb_document_t,
        array: dy_lmdb_node_t,
        index: usize,
        found: *mut dy_lmdb_node_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_at)(document, array, index, found) }
    }
    pub unsafe fn dy_lmdb_document_iterate(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        iterator: *mut dy_lmdb_iterator_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_iterate)(document, node, iterator) }
    }
    pub unsafe fn dy_lmdb_document_next(
        &self,
        document: *const dy_lmdb_document_t,
        iterator: *mut dy_lmdb_iterator_t,
        more: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_next)(document, iterator, more) }
    }
    pub unsafe fn dy_lmdb_document_exact(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        kind: *mut u32,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_exact)(document, node, kind) }
    }
    pub unsafe fn dy_lmdb_document_type(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        kind: *mut u32,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_type)(document, node, kind) }
    }
    pub unsafe fn dy_lmdb_document_count(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        count: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_count)(document, node, count) }
    }
    pub unsafe fn dy_lmdb_document_bool(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_bool)(document, node, value) }
    }
    pub unsafe fn dy_lmdb_document_int64(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut i64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_int64)(document, node, value) }
    }
    pub unsafe fn dy_lmdb_document_uint64(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_uint64)(document, node, value) }
    }
    pub unsafe fn dy_lmdb_document_double(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        value: *mut f64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_double)(document, node, value) }
    }
    pub unsafe fn dy_lmdb_document_string(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        text: *mut *const std::ffi::c_char,
        len: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_string)(document, node, text, len) }
    }
    pub unsafe fn dy_lmdb_document_bytes(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_bytes)(document, node, data, size) }
    }
    pub unsafe fn dy_lmdb_document_numbers(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        values: *mut f64,
        capacity: usize,
        count: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_document_numbers)(document, node, values, capacity, count)
        }
    }
    pub unsafe fn dy_lmdb_writer_new(
        &self,
        writer: *mut *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_new)(writer) }
    }
    pub unsafe fn dy_lmdb_writer_free(&self, writer: *mut dy_lmdb_writer_t) {
        unsafe { (self.dy_lmdb_writer_free)(writer) }
    }
    pub unsafe fn dy_lmdb_writer_reset(
        &self,
        writer: *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_reset)(writer) }
    }
    pub unsafe fn dy_lmdb_writer_nil(
        &self,
        writer: *mut dy_lmdb_writer_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_nil)(writer) }
    }
    pub unsafe fn dy_lmdb_writer_bool(
        &self,
        writer: *mut dy_lmdb_writer_t,
        value: bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_bool)(writer, value) }
    }
    pub unsafe fn dy_lmdb_writer_int64(
        &self,
        writer: *mut dy_lmdb_writer_t,
        value: i64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_int64)(writer, value) }
    }
    pub unsafe fn dy_lmdb_writer_uint64(
        &self,
        writer: *mut dy_lmdb_writer_t,
        value: u64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_uint64)(writer, value) }
    }
    pub unsafe fn dy_lmdb_writer_double(
        &self,
        writer: *mut dy_lmdb_writer_t,
        value: f64,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_double)(writer, value) }
    }
    pub unsafe fn dy_lmdb_writer_string(
        &self,
        writer: *mut dy_lmdb_writer_t,
        value: *const std::ffi::c_char,
        len: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_string)(writer, value, len) }
    }
    pub unsafe fn dy_lmdb_writer_bytes(
        &self,
        writer: *mut dy_lmdb_writer_t,
        data: *const std::ffi::c_void,
        size: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_bytes)(writer, data, size) }
    }
    pub unsafe fn dy_lmdb_writer_array(
        &self,
        writer: *mut dy_lmdb_writer_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_array)(writer, count) }
    }
    pub unsafe fn dy_lmdb_writer_map(
        &self,
        writer: *mut dy_lmdb_writer_t,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_map)(writer, count) }
    }
    pub unsafe fn dy_lmdb_writer_doubles(
        &self,
        writer: *mut dy_lmdb_writer_t,
        values: *const f64,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_doubles)(writer, values, count) }
    }
    pub unsafe fn dy_lmdb_writer_int64s(
        &self,
        writer: *mut dy_lmdb_writer_t,
        values: *const i64,
        count: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_int64s)(writer, values, count) }
    }
    pub unsafe fn dy_lmdb_writer_data(
        &self,
        writer: *const dy_lmdb_writer_t,
        data: *mut *const std::ffi::c_void,
        size: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_data)(writer, data, size) }
    }
    pub unsafe fn dy_lmdb_writer_parts(
        &self,
        writer: *const dy_lmdb_writer_t,
        parts: *mut *const dy_lmdb_buffer_t,
        nparts: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_parts)(writer, parts, nparts) }
    }
    pub unsafe fn dy_lmdb_writer_put(
        &self,
        writer: *const dy_lmdb_writer_t,
        store: *const dy_lmdb_store_t,
        db: *const std::ffi::c_char,
        db_len: usize,
        key: *const std::ffi::c_void,
        key_len: usize,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_writer_put)(
                writer,
                store,
                db,
                db_len,
                key,
                key_len,
                options,
                info,
            )
        }
    }
    pub unsafe fn dy_lmdb_writer_put_output(
        &self,
        writer: *const dy_lmdb_writer_t,
        reference: *const dy_lmdb_reference_t,
        options: *const dy_lmdb_put_options_t,
        info: *mut dy_lmdb_info_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_put_output)(writer, reference, options, info) }
    }
    pub unsafe fn dy_lmdb_writer_loan_output(
        &self,
        writer: *const dy_lmdb_writer_t,
        reference: *const dy_lmdb_reference_t,
        loan: *mut *mut dy_lmdb_loan_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_loan_output)(writer, reference, loan) }
    }
    pub unsafe fn dy_lmdb_document_segment(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        segment: *mut dy_lmdb_segment_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_segment)(document, node, segment) }
    }
    pub unsafe fn dy_lmdb_document_next_segment(
        &self,
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        segment: *mut dy_lmdb_segment_t,
        found: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_next_segment)(document, from, segment, found) }
    }
    pub unsafe fn dy_lmdb_document_next_extension(
        &self,
        document: *const dy_lmdb_document_t,
        from: dy_lmdb_node_t,
        type_: *mut i32,
        node: *mut dy_lmdb_node_t,
        end: *mut dy_lmdb_node_t,
        found: *mut bool,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_document_next_extension)(
                document,
                from,
                type_,
                node,
                end,
                found,
            )
        }
    }
    pub unsafe fn dy_lmdb_writer_segment(
        &self,
        writer: *mut dy_lmdb_writer_t,
        dtype: u32,
        unit: u32,
        flags: u32,
        shape: *const u64,
        ndim: usize,
        data: *const std::ffi::c_void,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_writer_segment)(writer, dtype, unit, flags, shape, ndim, data)
        }
    }
    pub unsafe fn dy_lmdb_writer_reserve(
        &self,
        writer: *mut dy_lmdb_writer_t,
        dtype: u32,
        unit: u32,
        flags: u32,
        shape: *const u64,
        ndim: usize,
        at: *mut u64,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_writer_reserve)(writer, dtype, unit, flags, shape, ndim, at)
        }
    }
    pub unsafe fn dy_lmdb_document_is_table(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        is_table: *mut u8,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_is_table)(document, node, is_table) }
    }
    pub unsafe fn dy_lmdb_document_table(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        table: *mut dy_lmdb_table_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_table)(document, node, table) }
    }
    pub unsafe fn dy_lmdb_document_column(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        index: u32,
        column: *mut dy_lmdb_column_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_column)(document, node, index, column) }
    }
    pub unsafe fn dy_lmdb_document_column_named(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        name: *const std::ffi::c_char,
        name_size: usize,
        column: *mut dy_lmdb_column_t,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_document_column_named)(document, node, name, name_size, column)
        }
    }
    pub unsafe fn dy_lmdb_document_to_table(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        table: *mut *mut dy_lmdb_document_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_to_table)(document, node, table) }
    }
    pub unsafe fn dy_lmdb_document_check_table(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_check_table)(document, node) }
    }
    pub unsafe fn dy_lmdb_writer_table(
        &self,
        writer: *mut dy_lmdb_writer_t,
        origin: u32,
        rows: u64,
        columns: *const dy_lmdb_field_t,
        count: usize,
        metadata: *const std::ffi::c_void,
        metadata_size: usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_writer_table)(
                writer,
                origin,
                rows,
                columns,
                count,
                metadata,
                metadata_size,
            )
        }
    }
    pub unsafe fn dy_lmdb_document_export_arrow(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        schema: *mut ArrowSchema,
        array: *mut ArrowArray,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_export_arrow)(document, node, schema, array) }
    }
    pub unsafe fn dy_lmdb_document_export_arrow_stream(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        stream: *mut ArrowArrayStream,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_document_export_arrow_stream)(document, node, stream) }
    }
    pub unsafe fn dy_lmdb_writer_arrow(
        &self,
        writer: *mut dy_lmdb_writer_t,
        origin: u32,
        stream: *mut ArrowArrayStream,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_writer_arrow)(writer, origin, stream) }
    }
    pub unsafe fn dy_lmdb_npy_header(
        &self,
        data: *const std::ffi::c_void,
        size: usize,
        array: *mut dy_lmdb_array_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_npy_header)(data, size, array) }
    }
    pub unsafe fn dy_lmdb_view_array(
        &self,
        view: *const dy_lmdb_view_t,
        array: *mut dy_lmdb_array_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_view_array)(view, array) }
    }
    pub unsafe fn dy_lmdb_npy_write(
        &self,
        descr: *const std::ffi::c_char,
        descr_len: usize,
        shape: *const u64,
        ndim: usize,
        flags: u32,
        before: usize,
        header: *mut std::ffi::c_void,
        capacity: usize,
        size: *mut usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self
                .dy_lmdb_npy_write)(
                descr,
                descr_len,
                shape,
                ndim,
                flags,
                before,
                header,
                capacity,
                size,
            )
        }
    }
    pub unsafe fn dy_lmdb_numbers_describe(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        numbers: *mut dy_lmdb_numbers_t,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_numbers_describe)(document, node, numbers) }
    }
    pub unsafe fn dy_lmdb_numbers_copy(
        &self,
        document: *const dy_lmdb_document_t,
        node: dy_lmdb_node_t,
        values: *mut f64,
        capacity: usize,
    ) -> dy_lmdb_status_t {
        unsafe { (self.dy_lmdb_numbers_copy)(document, node, values, capacity) }
    }
    pub unsafe fn dy_lmdb_numbers_convert(
        &self,
        dtype: u32,
        flags: u32,
        data: *const std::ffi::c_void,
        size: usize,
        values: *mut f64,
        capacity: usize,
    ) -> dy_lmdb_status_t {
        unsafe {
            (self.dy_lmdb_numbers_convert)(dtype, flags, data, size, values, capacity)
        }
    }
    pub unsafe fn dy_lmdb_python_types(&self) -> *mut std::ffi::c_void {
        unsafe { (self.dy_lmdb_python_types)() }
    }
    pub unsafe fn dy_lmdb_python_door(&self, version: u32) -> *mut std::ffi::c_void {
        unsafe { (self.dy_lmdb_python_door)(version) }
    }
}
