/* Every exported function, with what it answers when it is misused. */
#include "api.h"

#include "check.h"

#include <string.h>

void test_versions_and_names(void) {
    EXPECT(strncmp(dy_lmdb_version(), "0.", 2) == 0);
    EXPECT(dy_lmdb_abi_version() == DY_LMDB_ABI_VERSION);
    EXPECT(strncmp(dy_lmdb_lmdb_version(), "LMDB 0.9.", 9) == 0);
    EXPECT(strcmp(dy_lmdb_status_name(DY_LMDB_OK), "DY_LMDB_OK") == 0);
    EXPECT(strcmp(dy_lmdb_status_name(DY_LMDB_MAP_FULL), "DY_LMDB_MAP_FULL") == 0);
    EXPECT(strcmp(dy_lmdb_status_name(DY_LMDB_PANIC), "DY_LMDB_PANIC") == 0);
    EXPECT(strcmp(dy_lmdb_status_name(9999), "DY_LMDB_UNKNOWN") == 0);
    EXPECT(strcmp(dy_lmdb_status_name(-1), "DY_LMDB_UNKNOWN") == 0);
    EXPECT(strcmp(dy_lmdb_status_help(DY_LMDB_MAP_FULL), "docs/troubleshooting.md#map_full") == 0);
    EXPECT(strcmp(dy_lmdb_status_help(DY_LMDB_OK), "docs/troubleshooting.md") == 0);
    EXPECT(strcmp(dy_lmdb_status_help(-1), "docs/troubleshooting.md") == 0);
}

void test_messages_and_warnings(void) {
    dy_lmdb_bytes_t *block = NULL;
    EXPECT(strcmp(dy_lmdb_last_error_message(), "") == 0);
    EXPECT_OK(dy_lmdb_warnings_take(&block));
    EXPECT_BLOCK(block, "[]");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_warnings_take(NULL));
    EXPECT_SAYS("json is NULL");

    block = NULL;
    EXPECT_OK(dy_lmdb_config_parse(TEXT("{\"lmdb_min_sise\": 1}"), &block));
    EXPECT_SAYS("json is NULL");
    dy_lmdb_bytes_free(block);
    EXPECT_OK(dy_lmdb_warnings_take(&block));
    EXPECT_BLOCK_HOLDS(block, "lmdb_min_size");
    EXPECT_OK(dy_lmdb_warnings_take(&block));
    EXPECT_BLOCK(block, "[]");
}

void test_options(void) {
    dy_lmdb_options_t options;
    dy_lmdb_put_options_t put;
    dy_lmdb_options_default(&options);
    EXPECT(options.struct_size == sizeof options);
    EXPECT(options.map_size == 0);
    EXPECT(options.prefault == 16 << 20);
    EXPECT(options.max_readers == 512 && options.max_dbs == 100);
    EXPECT(options.mode == 0700);
    EXPECT(options.durability == DY_LMDB_DURABILITY_PROCESS);
    EXPECT(options.flags == 0 && options.reserved == 0);
    dy_lmdb_put_options_default(&put);
    EXPECT(put.struct_size == sizeof put);
    EXPECT(put.format == DY_LMDB_FORMAT_RAW && put.flags == 0 && put.ttl_ms == 300000);
    EXPECT(put.txn_id_len == 0 && put.source_len == 0 && put.target_len == 0);
    dy_lmdb_options_default(NULL);
    dy_lmdb_put_options_default(NULL);
}

void test_python_types_where_no_python_is(void) {
    EXPECT(dy_lmdb_python_types() == NULL);
    EXPECT(dy_lmdb_python_door(1) == NULL);
}

void test_freeing_null(void) {
    dy_lmdb_bytes_free(NULL);
    dy_lmdb_keys_free(NULL);
    dy_lmdb_reference_free(NULL);
    dy_lmdb_writer_free(NULL);
    EXPECT_OK(dy_lmdb_store_close(NULL));
    EXPECT_OK(dy_lmdb_view_close(NULL));
    EXPECT_OK(dy_lmdb_loan_drop(NULL));
    EXPECT_OK(dy_lmdb_exchange_close(NULL));
    EXPECT_OK(dy_lmdb_document_close(NULL));
    EXPECT(dy_lmdb_bytes_data(NULL) == NULL && dy_lmdb_bytes_size(NULL) == 0);
    EXPECT(dy_lmdb_keys_count(NULL) == 0);
}

#define CASE(test) \
    { #test, test }

static const check_case_t cases[] = {
    CASE(test_versions_and_names),
    CASE(test_messages_and_warnings),
    CASE(test_options),
    CASE(test_python_types_where_no_python_is),
    CASE(test_freeing_null),
    CASE(test_store_open_and_path),
    CASE(test_store_open_errors),
    CASE(test_store_open_config),
    CASE(test_store_after_close),
    CASE(test_store_outlived_by_its_views),
    CASE(test_store_limit),
    CASE(test_store_sweep_stats_audit),
    CASE(test_put_and_get),
    CASE(test_put_errors),
    CASE(test_put_large),
    CASE(test_put_many),
    CASE(test_put_no_overwrite),
    CASE(test_get_into_a_small_buffer),
    CASE(test_contains_delete_touch),
    CASE(test_wait),
    CASE(test_named_databases),
    CASE(test_list),
    CASE(test_view),
    CASE(test_view_errors),
    CASE(test_view_checksum),
    CASE(test_view_info_of_an_older_program),
    CASE(test_loan),
    CASE(test_loan_in_two_calls),
    CASE(test_loan_errors),
    CASE(test_config),
    CASE(test_reference_fields),
    CASE(test_reference_errors),
    CASE(test_reference_names),
    CASE(test_references_merged),
    CASE(test_references_that_do_not_match),
    CASE(test_allowed_roots),
    CASE(test_path_map),
    CASE(test_exchange_answered_through_the_store),
    CASE(test_exchange_answered_directly),
    CASE(test_exchange_reference_ignored),
    CASE(test_exchange_judged),
    CASE(test_exchange_timeout),
    CASE(test_exchange_calls),
    CASE(test_exchange_keys_and_routing),
    CASE(test_exchange_after_close),
    CASE(test_document_walk),
    CASE(test_document_exact),
    CASE(test_document_numbers),
    CASE(test_document_iteration),
    CASE(test_document_of_a_view),
    CASE(test_document_refers),
    CASE(test_document_errors),
    CASE(test_writer_values),
    CASE(test_writer_structure),
    CASE(test_writer_put),
    CASE(test_segment_in_place),
    CASE(test_segment_next),
    CASE(test_segment_parts),
    CASE(test_segment_sizes),
    CASE(test_segment_halves_and_complex),
    CASE(test_segment_writer_errors),
    CASE(test_segment_filled_in_a_loan),
    CASE(test_segment_reader_errors),
    CASE(test_table_in_place),
    CASE(test_table_as_the_plain_value),
    CASE(test_table_exported),
    CASE(test_table_of_plain_values),
    CASE(test_table_of_a_stream),
    CASE(test_table_errors),
    CASE(test_array_golden_files),
    CASE(test_array_of_a_view),
    CASE(test_numbers_of_lists),
    CASE(test_watch_tells_what_is_there),
    CASE(test_watch_errors),
    CASE(test_log),
};

int main(int argc, char **argv) {
    (void)argc;
    return check_run(argv[0], cases, sizeof cases / sizeof cases[0]);
}
