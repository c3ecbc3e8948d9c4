#include "api.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dy_lmdb_exchange_t *open_exchange(const char *more) {
    char *config = check_config(check_store_directory(), more);
    dy_lmdb_exchange_t *exchange = NULL;
    EXPECT_OK(dy_lmdb_exchange_open(config, strlen(config), TEXT("calc"), &exchange));
    free(config);
    return exchange;
}

static dy_lmdb_reference_t *put_input(dy_lmdb_exchange_t *exchange, const char *id, const char *payload) {
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_buffer_t part;
    part.data = payload;
    part.size = strlen(payload);
    EXPECT_OK(dy_lmdb_exchange_put_input(exchange, id, strlen(id), &part, 1, DY_LMDB_FORMAT_RAW, &reference));
    return reference;
}

static void open_input(const dy_lmdb_reference_t *reference, const char *wanted) {
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_info_t info = check_info();
    EXPECT_OK(dy_lmdb_reference_view_input(reference, &view, &info));
    EXPECT(info.size == strlen(wanted) && memcmp(info.data, wanted, strlen(wanted)) == 0);
    EXPECT((info.flags & DY_LMDB_INFO_TRACKED) != 0);
    EXPECT_OK(dy_lmdb_view_close(view));
}

static uint32_t settled(dy_lmdb_exchange_t *exchange, const dy_lmdb_reference_t *reference, uint32_t answer) {
    uint32_t decision = 0;
    EXPECT_OK(dy_lmdb_exchange_settle(exchange, reference, answer, -1, &decision));
    return decision;
}

void test_config(void) {
    dy_lmdb_bytes_t *normal = NULL;
    dy_lmdb_bytes_t *warnings = NULL;
    /* What earlier tests were warned of. */
    EXPECT_OK(dy_lmdb_warnings_take(&warnings));
    dy_lmdb_bytes_free(warnings);
    EXPECT_OK(dy_lmdb_config_parse(TEXT("{\"lmdb_ttl\": 5, \"somebody\": [1]}"), &normal));
    EXPECT_BLOCK_HOLDS(normal, "\"lmdb_ttl\":5");
    EXPECT_OK(dy_lmdb_config_parse(TEXT("{}"), &normal));
    EXPECT_BLOCK_HOLDS(normal, "\"lmdb_exchange_mode\":\"both\"");
    EXPECT_OK(dy_lmdb_warnings_take(&warnings));
    EXPECT_BLOCK(warnings, "[]");

    normal = NULL;
    EXPECT_FAILS(DY_LMDB_CONFIG, dy_lmdb_config_parse(TEXT("{\"lmdb_exchange_mode\": \"bth\"}"), &normal));
    EXPECT_SAYS("lmdb_exchange_mode");
    EXPECT_SAYS("bth");
    EXPECT_SAYS("both");
    EXPECT_FAILS(DY_LMDB_CONFIG, dy_lmdb_config_parse(TEXT("{"), &normal));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_config_parse(NULL, 2, &normal));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_config_parse(TEXT("{}"), NULL));
    EXPECT(normal == NULL);
}

void test_reference_fields(void) {
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_reference_t *parsed = NULL;
    dy_lmdb_bytes_t *json = NULL;
    const char *value = NULL;
    size_t len = 0;
    EXPECT_OK(dy_lmdb_reference_new(&reference));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_get(reference, TEXT("_lmdb_ref"), &value, &len));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_ref"), TEXT("true")));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_input_key"), TEXT("input:calc:1")));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), TEXT("/nowhere")));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_txn_id"), TEXT("1")));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("other"), TEXT("ignored")));
    EXPECT_OK(dy_lmdb_reference_get(reference, TEXT("_lmdb_input_key"), &value, &len));
    EXPECT_TEXT(value, len, "input:calc:1");
    EXPECT_OK(dy_lmdb_reference_get(reference, TEXT("_lmdb_ref"), &value, &len));
    EXPECT_TEXT(value, len, "true");
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_get(reference, TEXT("other"), &value, &len));

    dy_lmdb_buffer_t fields[10];
    memset(fields, 0xff, sizeof fields);
    EXPECT_OK(dy_lmdb_reference_fields(reference, fields, 2));
    EXPECT_TEXT((const char *)fields[0].data, fields[0].size, "true");
    EXPECT_TEXT((const char *)fields[1].data, fields[1].size, "input:calc:1");
    EXPECT(fields[2].size == SIZE_MAX);
    EXPECT_OK(dy_lmdb_reference_fields(reference, fields, 10));
    EXPECT(fields[2].data == NULL && fields[2].size == 0);
    EXPECT_TEXT((const char *)fields[3].data, fields[3].size, "/nowhere");
    EXPECT(fields[4].data == NULL && fields[5].data == NULL);
    EXPECT_TEXT((const char *)fields[6].data, fields[6].size, "1");
    EXPECT(fields[7].data == NULL && fields[8].data == NULL);
    EXPECT(fields[9].data == NULL && fields[9].size == 0);
    EXPECT_OK(dy_lmdb_reference_from_fields(fields, 10, &parsed));
    EXPECT_OK(dy_lmdb_reference_get(parsed, TEXT("_lmdb_db_path"), &value, &len));
    EXPECT_TEXT(value, len, "/nowhere");
    EXPECT_OK(dy_lmdb_reference_get(parsed, TEXT("_txn_id"), &value, &len));
    EXPECT_TEXT(value, len, "1");
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_get(parsed, TEXT("_lmdb_format"), &value, &len));
    dy_lmdb_reference_free(parsed);
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_from_fields(fields, 1, &parsed));
    EXPECT_SAYS("_lmdb_input_key");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_from_fields(fields, 10, NULL));
    fields[9] = fields[6];
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_from_fields(fields, 10, &parsed));
    EXPECT_SAYS("fields[9]");
    fields[3].data = "nowhere";
    fields[3].size = 7;
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_from_fields(fields, 7, &parsed));
    EXPECT_SAYS("_lmdb_db_path");
    EXPECT_OK(dy_lmdb_reference_fields(reference, NULL, 0));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_fields(NULL, fields, 10));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_fields(reference, NULL, 1));

    EXPECT_OK(dy_lmdb_reference_json(reference, &json));
    EXPECT_OK(dy_lmdb_reference_parse((const char *)dy_lmdb_bytes_data(json), dy_lmdb_bytes_size(json), &parsed));
    dy_lmdb_bytes_free(json);
    EXPECT_OK(dy_lmdb_reference_get(parsed, TEXT("_txn_id"), &value, &len));
    EXPECT_TEXT(value, len, "1");
    dy_lmdb_reference_free(parsed);
    dy_lmdb_reference_free(reference);
}

void test_reference_errors(void) {
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_view_t *view = NULL;
    dy_lmdb_bytes_t *json = NULL;
    const char *value = NULL;
    size_t len = 0;
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_new(NULL));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_parse(TEXT("[1]"), &reference));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_parse(TEXT("{\"_lmdb_ref\": true}"), &reference));
    EXPECT_SAYS("_lmdb_input_key");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_parse(TEXT("{}"), NULL));
    EXPECT(reference == NULL);

    EXPECT_OK(dy_lmdb_reference_new(&reference));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_set(reference, TEXT("_lmdb_format"), TEXT("pickle")));
    EXPECT_SAYS("pickle");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_set(reference, TEXT("_txn_id"), TEXT("\xff")));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_set(NULL, TEXT("_txn_id"), TEXT("1")));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_get(NULL, TEXT("_txn_id"), &value, &len));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_get(reference, TEXT("_txn_id"), NULL, &len));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_json(NULL, &json));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_json(reference, NULL));

    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_view_input(reference, &view, NULL));
    EXPECT_FAILS(DY_LMDB_CORRUPT, dy_lmdb_reference_store(reference, &store));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_put_output(reference, NOTHING, NULL, NULL));
    EXPECT_SAYS("_lmdb_output_key");
    EXPECT_OK(dy_lmdb_reference_settle_direct(reference));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_settle_direct(NULL));
    EXPECT_OK(dy_lmdb_reference_set(reference, TEXT("_lmdb_db_path"), TEXT("/nowhere/at/all")));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_store(reference, &store));
    EXPECT(view == NULL && store == NULL);
    dy_lmdb_reference_free(reference);
}

void test_exchange_answered_through_the_store(void) {
    dy_lmdb_exchange_t *exchange = open_exchange("");
    dy_lmdb_reference_t *reference = put_input(exchange, "1", "the input");
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_store_t *named = NULL;
    dy_lmdb_info_t info = check_info();
    dy_lmdb_buffer_t output;
    dy_lmdb_view_t *view = NULL;
    const char *text = NULL;
    char buffer[32];
    size_t size = 0;
    bool present = true;
    open_input(reference, "the input");
    output.data = "the output";
    output.size = 10;
    EXPECT_OK(dy_lmdb_reference_put_output(reference, &output, 1, NULL, &info));
    EXPECT(info.size == 10);
    EXPECT(settled(exchange, reference, DY_LMDB_ANSWER_OUTPUT_WRITTEN) == DY_LMDB_DECISION_TAKE_OUTPUT);
    EXPECT(settled(exchange, reference, DY_LMDB_ANSWER_UNKNOWN) == DY_LMDB_DECISION_TAKE_OUTPUT);

    EXPECT_OK(dy_lmdb_exchange_store(exchange, &store));
    EXPECT_OK(dy_lmdb_store_get(store, NOTHING, TEXT("output:calc:1"), buffer, sizeof buffer, &size, NULL));
    EXPECT_TEXT(buffer, size, "the output");
    EXPECT_OK(dy_lmdb_reference_store(reference, &named));
    EXPECT_OK(dy_lmdb_view_open(named, NOTHING, TEXT("output:calc:1"), 0, &view, NULL));
    EXPECT_OK(dy_lmdb_view_text(view, DY_LMDB_TEXT_TXN_ID, &text, &size));
    EXPECT_TEXT(text, size, "1");

    EXPECT_OK(dy_lmdb_exchange_cleanup(exchange, reference, DY_LMDB_CLEANUP_INPUT));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("input:calc:1"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("output:calc:1"), &present));
    EXPECT(present);
    EXPECT_OK(dy_lmdb_exchange_cleanup(exchange, reference, DY_LMDB_CLEANUP_INPUT | DY_LMDB_CLEANUP_OUTPUT));
    EXPECT_OK(dy_lmdb_store_contains(store, NOTHING, TEXT("output:calc:1"), &present));
    EXPECT(!present);
    EXPECT_OK(dy_lmdb_view_close(view));
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_view_input(reference, &view, NULL));
    EXPECT_SAYS("input:calc:1");

    EXPECT_OK(dy_lmdb_store_close(named));
    EXPECT_OK(dy_lmdb_store_close(store));
    dy_lmdb_reference_free(reference);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_exchange_answered_directly(void) {
    dy_lmdb_exchange_t *exchange = open_exchange("");
    dy_lmdb_reference_t *value = put_input(exchange, "1", "the input");
    dy_lmdb_reference_t *direct = put_input(exchange, "2", "the input");
    open_input(value, "the input");
    EXPECT(settled(exchange, value, DY_LMDB_ANSWER_VALUE) == DY_LMDB_DECISION_TAKE_ANSWER);
    EXPECT(settled(exchange, value, DY_LMDB_ANSWER_UNKNOWN_NO_WAIT) == DY_LMDB_DECISION_TAKE_ANSWER);
    open_input(direct, "the input");
    EXPECT_OK(dy_lmdb_reference_settle_direct(direct));
    EXPECT(settled(exchange, direct, DY_LMDB_ANSWER_UNKNOWN) == DY_LMDB_DECISION_TAKE_ANSWER);
    dy_lmdb_reference_free(value);
    dy_lmdb_reference_free(direct);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_exchange_reference_ignored(void) {
    dy_lmdb_exchange_t *exchange = open_exchange("");
    dy_lmdb_reference_t *reference = put_input(exchange, "1", "the input");
    dy_lmdb_reference_t *next = NULL;
    dy_lmdb_buffer_t part;
    bool should = false;
    EXPECT_OK(dy_lmdb_exchange_should(exchange, 1 << 20, &should));
    EXPECT(should);
    EXPECT(settled(exchange, reference, DY_LMDB_ANSWER_VALUE) == DY_LMDB_DECISION_REPEAT);
    EXPECT_OK(dy_lmdb_exchange_should(exchange, 1 << 20, &should));
    EXPECT(!should);
    part.data = "x";
    part.size = 1;
    EXPECT_FAILS(DY_LMDB_REFERENCE_IGNORED,
                 dy_lmdb_exchange_put_input(exchange, TEXT("2"), &part, 1, DY_LMDB_FORMAT_RAW, &next));
    EXPECT_SAYS("calc");
    EXPECT(next == NULL);
    dy_lmdb_reference_free(reference);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

static uint32_t judged(dy_lmdb_exchange_t *exchange, dy_lmdb_reference_t *reference, uint32_t answer) {
    uint32_t decision = 77;
    EXPECT_OK(dy_lmdb_exchange_judge(exchange, reference, answer, 0, &decision));
    return decision;
}

void test_exchange_judged(void) {
    dy_lmdb_exchange_t *exchange = open_exchange("");
    dy_lmdb_reference_t *declined = put_input(exchange, "1", "the input");
    dy_lmdb_reference_t *ignored = put_input(exchange, "2", "the input");
    dy_lmdb_reference_t *chained = NULL;
    dy_lmdb_bytes_t *warnings = NULL;
    uint32_t decision = 77;
    bool is_ignored = true;
    EXPECT_OK(dy_lmdb_exchange_reference(exchange, TEXT("3"), &chained));
    EXPECT_OK(dy_lmdb_reference_set(chained, TEXT("_lmdb_ref"), TEXT("true")));
    EXPECT_OK(dy_lmdb_reference_set(chained, TEXT("_lmdb_input_key"), TEXT("somebody's")));
    EXPECT(judged(exchange, chained, DY_LMDB_ANSWER_VALUE) == DY_LMDB_DECISION_PROVE);
    EXPECT(judged(exchange, chained, DY_LMDB_ANSWER_RAISED) == DY_LMDB_DECISION_PROVE);

    EXPECT(judged(exchange, ignored, DY_LMDB_ANSWER_RAISED) == DY_LMDB_DECISION_REPEAT);
    EXPECT(judged(exchange, ignored, DY_LMDB_ANSWER_BROKEN_OFF) == DY_LMDB_DECISION_TAKE_ANSWER);
    open_input(declined, "the input");
    EXPECT(judged(exchange, declined, DY_LMDB_ANSWER_RAISED) == DY_LMDB_DECISION_TAKE_ANSWER);
    EXPECT_OK(dy_lmdb_reference_decline(declined));
    EXPECT(judged(exchange, declined, DY_LMDB_ANSWER_RAISED) == DY_LMDB_DECISION_REPEAT);
    EXPECT(settled(exchange, declined, DY_LMDB_ANSWER_UNKNOWN) == DY_LMDB_DECISION_REPEAT);
    EXPECT_OK(dy_lmdb_exchange_repeated(exchange, declined));
    EXPECT_OK(dy_lmdb_exchange_ignored(exchange, &is_ignored));
    EXPECT(!is_ignored);
    EXPECT_OK(dy_lmdb_exchange_repeated(exchange, ignored));
    EXPECT_OK(dy_lmdb_exchange_ignored(exchange, &is_ignored));
    EXPECT(is_ignored);
    EXPECT_OK(dy_lmdb_warnings_take(&warnings));
    EXPECT_BLOCK_HOLDS(warnings, "calculator calc does not open the references");

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_judge(exchange, chained, 17, 0, &decision));
    EXPECT_SAYS("broken off (6)");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_exchange_settle(exchange, chained, DY_LMDB_ANSWER_RAISED, 0, &decision));
    EXPECT_SAYS("dy_lmdb_exchange_judge");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_judge(exchange, NULL, 0, 0, &decision));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_judge(NULL, chained, 0, 0, &decision));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_judge(exchange, chained, 0, 0, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_ignored(exchange, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_repeated(exchange, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_reference_decline(NULL));
    EXPECT(decision == 77);

    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    EXPECT(judged(exchange, ignored, DY_LMDB_ANSWER_VALUE) == DY_LMDB_DECISION_PASS_DIRECTLY);
    EXPECT_SAYS("closed");
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_repeated(exchange, ignored));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_ignored(exchange, &is_ignored));
    dy_lmdb_reference_free(chained);
    dy_lmdb_reference_free(declined);
    dy_lmdb_reference_free(ignored);
}

/* How often something was counted for the calculator, by earlier tests as well. */
static long counted(const dy_lmdb_exchange_t *exchange, const char *name) {
    dy_lmdb_bytes_t *json = NULL;
    long count = -1;
    char text[4096];
    const char *found;
    EXPECT_OK(dy_lmdb_exchange_calls(exchange, &json));
    EXPECT(dy_lmdb_bytes_size(json) < sizeof(text));
    memcpy(text, dy_lmdb_bytes_data(json), dy_lmdb_bytes_size(json));
    text[dy_lmdb_bytes_size(json)] = '\0';
    dy_lmdb_bytes_free(json);
    found = strstr(text, name);
    EXPECT(found != NULL);
    count = strtol(found + strlen(name), NULL, 10);
    return count;
}

void test_exchange_calls(void) {
    dy_lmdb_exchange_t *exchange = open_exchange(", \"lmdb_slow_ms\": 7");
    const long through = counted(exchange, "\"through_store\":");
    const long refused = counted(exchange, "\"refused\":");
    dy_lmdb_reference_t *reference = put_input(exchange, "1", "the input");
    dy_lmdb_bytes_t *json = NULL;
    EXPECT_OK(dy_lmdb_exchange_refused(exchange, TEXT("no format has it")));
    EXPECT_OK(dy_lmdb_exchange_called(exchange, reference, 6999, 10));
    EXPECT_OK(dy_lmdb_exchange_called(exchange, reference, 7001, 10));
    EXPECT_OK(dy_lmdb_exchange_passed_directly(exchange, 6999));
    EXPECT_OK(dy_lmdb_exchange_passed_directly(exchange, 7001));
    EXPECT(counted(exchange, "\"through_store\":") == through + 1);
    EXPECT(counted(exchange, "\"refused\":") == refused + 1);
    EXPECT_OK(dy_lmdb_exchange_calls(exchange, &json));
    EXPECT_BLOCK_HOLDS(json, "no format has it");

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_calls(NULL, &json));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_calls(exchange, NULL));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_refused(NULL, TEXT("x")));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_refused(exchange, NULL, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_called(NULL, reference, 1, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_called(exchange, NULL, 1, 1));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_passed_directly(NULL, 1));
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_calls(exchange, &json));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_refused(exchange, TEXT("x")));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_called(exchange, reference, 1, 1));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_passed_directly(exchange, 1));
    dy_lmdb_reference_free(reference);
}

void test_exchange_timeout(void) {
    dy_lmdb_exchange_t *exchange = open_exchange(", \"lmdb_wait_timeout\": 20");
    dy_lmdb_reference_t *reference = put_input(exchange, "1", "the input");
    uint32_t decision = 77;
    open_input(reference, "the input");
    EXPECT_FAILS(DY_LMDB_TIMEOUT,
                 dy_lmdb_exchange_settle(exchange, reference, DY_LMDB_ANSWER_NONE, -1, &decision));
    EXPECT_SAYS("lmdb_wait_timeout");
    EXPECT_FAILS(DY_LMDB_TIMEOUT,
                 dy_lmdb_exchange_settle(exchange, reference, DY_LMDB_ANSWER_OUTPUT_WRITTEN, 0, &decision));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_settle(exchange, reference, 17, 0, &decision));
    EXPECT_SAYS("17");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_exchange_settle(exchange, NULL, DY_LMDB_ANSWER_NONE, 0, &decision));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_exchange_settle(exchange, reference, DY_LMDB_ANSWER_NONE, 0, NULL));
    EXPECT(decision == 77);
    dy_lmdb_reference_free(reference);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_exchange_keys_and_routing(void) {
    dy_lmdb_exchange_t *exchange = open_exchange(", \"lmdb_exchange_mode\": \"output\", \"lmdb_output_prefix\": \"o\"");
    dy_lmdb_exchange_t *other = NULL;
    dy_lmdb_reference_t *reference = NULL;
    dy_lmdb_bytes_t *key = NULL;
    dy_lmdb_bytes_t *again = NULL;
    const char *value = NULL;
    size_t len = 0;
    bool should = true;
    EXPECT_OK(dy_lmdb_txn_id_make(&key));
    EXPECT_OK(dy_lmdb_txn_id_make(&again));
    EXPECT(dy_lmdb_bytes_size(key) == 32 && dy_lmdb_bytes_size(again) == 32);
    EXPECT(memcmp(dy_lmdb_bytes_data(key), dy_lmdb_bytes_data(again), 32) != 0);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_txn_id_make(NULL));
    dy_lmdb_bytes_free(key);
    dy_lmdb_bytes_free(again);
    EXPECT_OK(dy_lmdb_exchange_key(exchange, DY_LMDB_EXCHANGE_INPUT, TEXT("7"), &key));
    EXPECT_BLOCK(key, "input:calc:7");
    EXPECT_OK(dy_lmdb_exchange_key(exchange, DY_LMDB_EXCHANGE_OUTPUT, TEXT("7"), &key));
    EXPECT_BLOCK(key, "o:calc:7");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_key(exchange, 3, TEXT("7"), &key));
    EXPECT_OK(dy_lmdb_exchange_should(exchange, 1 << 20, &should));
    EXPECT(!should);

    EXPECT_OK(dy_lmdb_exchange_reference(exchange, TEXT("7"), &reference));
    EXPECT_OK(dy_lmdb_reference_get(reference, TEXT("_lmdb_output_key"), &value, &len));
    EXPECT_TEXT(value, len, "o:calc:7");
    EXPECT_FAILS(DY_LMDB_NOT_FOUND, dy_lmdb_reference_get(reference, TEXT("_lmdb_input_key"), &value, &len));
    EXPECT(settled(exchange, reference, DY_LMDB_ANSWER_VALUE) == DY_LMDB_DECISION_TAKE_ANSWER);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_cleanup(exchange, reference, 8));
    dy_lmdb_reference_free(reference);
    reference = NULL;

    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_reference(exchange, NOTHING, &reference));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT,
                 dy_lmdb_exchange_put_input(exchange, TEXT("1"), NOTHING, DY_LMDB_FORMAT_RAW, &reference));
    EXPECT_FAILS(DY_LMDB_BAD_FORMAT, dy_lmdb_exchange_put_input(exchange, TEXT("1"), NOTHING, 0, &reference));
    EXPECT(reference == NULL);
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_open(TEXT("{}"), NOTHING, &other));
    EXPECT_SAYS("name");
    EXPECT_FAILS(DY_LMDB_CONFIG, dy_lmdb_exchange_open(TEXT("1"), TEXT("calc"), &other));
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_open(TEXT("{}"), TEXT("calc"), NULL));
    EXPECT(other == NULL);
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
}

void test_exchange_after_close(void) {
    dy_lmdb_exchange_t *exchange = open_exchange("");
    dy_lmdb_reference_t *reference = put_input(exchange, "1", "the input");
    dy_lmdb_reference_t *made = NULL;
    dy_lmdb_store_t *store = NULL;
    dy_lmdb_bytes_t *key = NULL;
    uint32_t decision = 0;
    bool should = true;
    EXPECT_FAILS(DY_LMDB_KEY_EXISTS,
                 dy_lmdb_exchange_put_input(exchange, TEXT("1"), NOTHING, DY_LMDB_FORMAT_RAW, &made));
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    EXPECT_OK(dy_lmdb_exchange_close(exchange));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_store(exchange, &store));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_key(exchange, DY_LMDB_EXCHANGE_INPUT, TEXT("1"), &key));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_should(exchange, 1, &should));
    EXPECT_FAILS(DY_LMDB_CLOSED,
                 dy_lmdb_exchange_put_input(exchange, TEXT("2"), NOTHING, DY_LMDB_FORMAT_RAW, &made));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_reference(exchange, TEXT("2"), &made));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_output_reference(exchange, reference, &made));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_settle(exchange, reference, DY_LMDB_ANSWER_VALUE, 0, &decision));
    EXPECT_FAILS(DY_LMDB_CLOSED, dy_lmdb_exchange_cleanup(exchange, reference, 0));
    /* A pointer of the other kind is noticed, too. */
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_store_path((const dy_lmdb_store_t *)exchange, &key));
    EXPECT_SAYS("no store");
    EXPECT_FAILS(DY_LMDB_INVALID_ARGUMENT, dy_lmdb_exchange_store(NULL, &store));
    EXPECT(made == NULL && store == NULL && key == NULL);
    open_input(reference, "the input");
    dy_lmdb_reference_free(reference);
}
