/* The tests of api.c, one group per concept of the library. */
#ifndef API_H
#define API_H

void test_versions_and_names(void);
void test_messages_and_warnings(void);
void test_options(void);
void test_python_types_where_no_python_is(void);
void test_freeing_null(void);

void test_store_open_and_path(void);
void test_store_open_errors(void);
void test_store_open_config(void);
void test_store_after_close(void);
void test_store_outlived_by_its_views(void);
void test_store_limit(void);
void test_store_sweep_stats_audit(void);

void test_put_and_get(void);
void test_put_errors(void);
void test_put_large(void);
void test_put_many(void);
void test_put_no_overwrite(void);
void test_get_into_a_small_buffer(void);
void test_contains_delete_touch(void);
void test_wait(void);
void test_named_databases(void);
void test_list(void);

void test_view(void);
void test_view_errors(void);
void test_view_checksum(void);
void test_view_info_of_an_older_program(void);
void test_loan(void);
void test_loan_in_two_calls(void);
void test_loan_errors(void);

void test_config(void);
void test_reference_fields(void);
void test_reference_errors(void);
void test_reference_names(void);
void test_references_merged(void);
void test_references_that_do_not_match(void);
void test_allowed_roots(void);
void test_path_map(void);
void test_exchange_answered_through_the_store(void);
void test_exchange_answered_directly(void);
void test_exchange_reference_ignored(void);
void test_exchange_judged(void);
void test_exchange_timeout(void);
void test_exchange_calls(void);
void test_exchange_keys_and_routing(void);
void test_exchange_after_close(void);

void test_document_walk(void);
void test_document_exact(void);
void test_document_numbers(void);
void test_document_iteration(void);
void test_document_of_a_view(void);
void test_document_refers(void);
void test_document_errors(void);
void test_writer_values(void);
void test_writer_structure(void);
void test_writer_put(void);

void test_segment_in_place(void);
void test_segment_next(void);
void test_segment_parts(void);
void test_segment_sizes(void);
void test_segment_halves_and_complex(void);
void test_segment_writer_errors(void);
void test_segment_filled_in_a_loan(void);
void test_segment_reader_errors(void);

void test_table_in_place(void);
void test_table_as_the_plain_value(void);
void test_table_exported(void);
void test_table_of_plain_values(void);
void test_table_of_a_stream(void);
void test_table_errors(void);

void test_array_golden_files(void);
void test_array_of_a_view(void);
void test_numbers_of_lists(void);
void test_watch_tells_what_is_there(void);
void test_watch_errors(void);
void test_log(void);

#endif
