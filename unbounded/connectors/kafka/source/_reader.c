/* Reads records of Kafka partitions into buffers in Arrow's layout, without a Python object per record. One queue per
   partition, so the records of a partition come in order and alone. */

#include "../client/_librdkafka.h"

/* ------------------------------------------------------------------------------------------------ librdkafka */

enum { PARTITION_EOF = -191 };

static struct {
    rd_kafka_conf_t *(*conf_new)(void);
    void (*conf_destroy)(rd_kafka_conf_t *);
    int (*conf_set)(rd_kafka_conf_t *, const char *, const char *, char *, size_t);
    rd_kafka_t *(*new_client)(int, rd_kafka_conf_t *, char *, size_t);
    void (*destroy)(rd_kafka_t *);
    rd_kafka_topic_t *(*topic_new)(rd_kafka_t *, const char *, rd_kafka_topic_conf_t *);
    void (*topic_destroy)(rd_kafka_topic_t *);
    rd_kafka_queue_t *(*queue_new)(rd_kafka_t *);
    void (*queue_destroy)(rd_kafka_queue_t *);
    int (*consume_start_queue)(rd_kafka_topic_t *, int32_t, int64_t, rd_kafka_queue_t *);
    int (*consume_stop)(rd_kafka_topic_t *, int32_t);
    ssize_t (*consume_batch_queue)(rd_kafka_queue_t *, int, rd_kafka_message_t **, size_t);
    int64_t (*message_timestamp)(const rd_kafka_message_t *, int *);
    int (*message_headers)(const rd_kafka_message_t *, rd_kafka_headers_t **);
    int (*header_get_all)(const rd_kafka_headers_t *, size_t, const char **, const void **, size_t *);
    void (*message_destroy)(rd_kafka_message_t *);
    int (*last_error)(void);
    const char *(*topic_name)(const rd_kafka_topic_t *);
    int (*get_watermark_offsets)(rd_kafka_t *, const char *, int32_t, int64_t *, int64_t *);
} kafka;

static const Symbol SYMBOLS[] = {
    {"rd_kafka_conf_new", (void **)&kafka.conf_new},
    {"rd_kafka_conf_destroy", (void **)&kafka.conf_destroy},
    {"rd_kafka_conf_set", (void **)&kafka.conf_set},
    {"rd_kafka_new", (void **)&kafka.new_client},
    {"rd_kafka_destroy", (void **)&kafka.destroy},
    {"rd_kafka_topic_new", (void **)&kafka.topic_new},
    {"rd_kafka_topic_destroy", (void **)&kafka.topic_destroy},
    {"rd_kafka_queue_new", (void **)&kafka.queue_new},
    {"rd_kafka_queue_destroy", (void **)&kafka.queue_destroy},
    {"rd_kafka_consume_start_queue", (void **)&kafka.consume_start_queue},
    {"rd_kafka_consume_stop", (void **)&kafka.consume_stop},
    {"rd_kafka_consume_batch_queue", (void **)&kafka.consume_batch_queue},
    {"rd_kafka_message_timestamp", (void **)&kafka.message_timestamp},
    {"rd_kafka_message_headers", (void **)&kafka.message_headers},
    {"rd_kafka_header_get_all", (void **)&kafka.header_get_all},
    {"rd_kafka_message_destroy", (void **)&kafka.message_destroy},
    {"rd_kafka_last_error", (void **)&kafka.last_error},
    {"rd_kafka_topic_name", (void **)&kafka.topic_name},
    {"rd_kafka_get_watermark_offsets", (void **)&kafka.get_watermark_offsets},
    {NULL, NULL},
};

/* ------------------------------------------------------------------------------------------------ buffers */

typedef struct {
    char *data;
    size_t size, capacity;
} Buffer;

/* Buffers end where Arrow's 32-bit offsets end. */
static int append(Buffer *buffer, const void *data, size_t size) {
    if (size == 0) return 0;
    if (buffer->size + size > INT32_MAX) return -1;
    if (buffer->size + size > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity < buffer->size + size) capacity *= 2;
        char *grown = realloc(buffer->data, capacity);
        if (grown == NULL) return -1;
        buffer->data = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return 0;
}

/* A column of Arrow's type binary: offsets, bytes, and a bit per row which is set where there is a value. */
typedef struct {
    Buffer offsets, data, validity;
    int64_t null_count;
} Binary;

static int append_validity(Binary *column, int64_t row, int is_valid) {
    if (row % 8 == 0 && append(&column->validity, "", 1) < 0) return -1;
    if (is_valid) column->validity.data[row / 8] |= (char)(1 << (row % 8));
    else column->null_count++;
    return 0;
}

static int append_value(Binary *column, int64_t row, const void *data, size_t size) {
    if (append_validity(column, row, data != NULL) < 0) return -1;
    if (append(&column->data, data, data != NULL ? size : 0) < 0) return -1;
    int32_t end = (int32_t)column->data.size;
    return append(&column->offsets, &end, sizeof end);
}

/* A list per row of names with values; a row without headers is NULL. */
typedef struct {
    Binary lists; /* its bytes stay empty */
    Binary names, values;
    int64_t count;
} Headers;

static int append_headers(Headers *headers, int64_t row, const rd_kafka_message_t *message) {
    rd_kafka_headers_t *found = NULL;
    const char *name;
    const void *value;
    size_t size, i = 0;
    if (kafka.message_headers(message, &found) != 0) found = NULL;
    for (; found != NULL && kafka.header_get_all(found, i, &name, &value, &size) == 0; i++) {
        if (append_value(&headers->names, headers->count, name, strlen(name)) < 0
            || append_value(&headers->values, headers->count, value, size) < 0) return -1;
        headers->count++;
    }
    if (append_validity(&headers->lists, row, i > 0) < 0) return -1;
    int32_t end = (int32_t)headers->count;
    return append(&headers->lists.offsets, &end, sizeof end);
}

typedef struct {
    Binary key, value;
    Headers headers;
    Buffer offsets, timestamps, timestamp_types;
    int has_headers;
    int64_t count;
    int error;           /* the first error that is not the end of the partition */
    int64_t end_offset;  /* the next offset, if the end of the partition was seen, else -1 */
} Records;

static int start_records(Records *records, int has_headers) {
    int32_t zero = 0;
    memset(records, 0, sizeof *records);
    records->end_offset = -1;
    records->has_headers = has_headers;
    Binary *all[] = {
        &records->key, &records->value, &records->headers.lists, &records->headers.names, &records->headers.values,
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (append(&all[i]->offsets, &zero, sizeof zero) < 0) return -1;
    return 0;
}

static void free_binary(Binary *column) {
    free(column->offsets.data);
    free(column->data.data);
    free(column->validity.data);
}

static void free_records(Records *records) {
    free_binary(&records->key);
    free_binary(&records->value);
    free_binary(&records->headers.lists);
    free_binary(&records->headers.names);
    free_binary(&records->headers.values);
    free(records->offsets.data);
    free(records->timestamps.data);
    free(records->timestamp_types.data);
}

static int append_record(Records *records, const rd_kafka_message_t *message) {
    if (message->err == PARTITION_EOF) {
        records->end_offset = message->offset;
        return 0;
    }
    if (message->err) {
        if (!records->error) records->error = message->err;
        return 0;
    }
    int type = 0;
    int64_t timestamp = kafka.message_timestamp(message, &type);
    int32_t spark_type = type - 1;
    int64_t row = records->count++;
    records->end_offset = -1;
    return append_value(&records->key, row, message->key, message->key_len) < 0
            || append_value(&records->value, row, message->payload, message->len) < 0
            || append(&records->offsets, &message->offset, sizeof message->offset) < 0
            || append(&records->timestamps, &timestamp, sizeof timestamp) < 0
            || append(&records->timestamp_types, &spark_type, sizeof spark_type) < 0
            || (records->has_headers && append_headers(&records->headers, row, message) < 0)
        ? -1 : 0;
}

/* ------------------------------------------------------------------------------------------------ consumers */

typedef struct {
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    int32_t partition;
    PyObject *client;
} Partition;

static const char CLIENT_NAME[] = "unbounded.kafka.client";
static const char PARTITION_NAME[] = "unbounded.kafka.partition";

static void destroy_client(PyObject *capsule) {
    rd_kafka_t *client = PyCapsule_GetPointer(capsule, CLIENT_NAME);
    Py_BEGIN_ALLOW_THREADS
    kafka.destroy(client);
    Py_END_ALLOW_THREADS
}

static void destroy_partition(PyObject *capsule) {
    Partition *partition = PyCapsule_GetPointer(capsule, PARTITION_NAME);
    Py_BEGIN_ALLOW_THREADS
    kafka.consume_stop(partition->topic, partition->partition);
    kafka.queue_destroy(partition->queue);
    kafka.topic_destroy(partition->topic);
    Py_END_ALLOW_THREADS
    Py_DECREF(partition->client);
    free(partition);
}

/* open_client(library_path, properties): a consumer. Raises OSError, ValueError */
static PyObject *open_client(PyObject *module, PyObject *arguments) {
    const char *path;
    PyObject *properties;
    char error[512] = "";
    if (!PyArg_ParseTuple(arguments, "sO!", &path, &PyDict_Type, &properties) 
        || find_symbols(path, SYMBOLS) < 0) return NULL;
    rd_kafka_conf_t *conf = kafka.conf_new();
    if (set_properties(kafka.conf_set, conf, properties) < 0) {
        kafka.conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *client = kafka.new_client(CONSUMER, conf, error, sizeof error);
    if (client == NULL) {
        kafka.conf_destroy(conf);
        PyErr_SetString(PyExc_ValueError, error);
        return NULL;
    }
    return PyCapsule_New(client, CLIENT_NAME, destroy_client);
}

/* start(client, topic, partition, offset): a partition that is read ahead from `offset` on until it is let go */
static PyObject *start(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    const char *topic;
    int number;
    long long offset;
    if (!PyArg_ParseTuple(arguments, "OsiL", &capsule, &topic, &number, &offset)) return NULL;
    rd_kafka_t *client = PyCapsule_GetPointer(capsule, CLIENT_NAME);
    Partition *partition = client != NULL ? calloc(1, sizeof *partition) : NULL;
    if (partition == NULL) return client != NULL ? PyErr_NoMemory() : NULL;
    partition->partition = number;
    partition->topic = kafka.topic_new(client, topic, NULL);
    partition->queue = partition->topic != NULL ? kafka.queue_new(client) : NULL;
    if (partition->queue == NULL || kafka.consume_start_queue(partition->topic, number, offset, partition->queue) < 0) {
        PyErr_Format(PyExc_OSError, "cannot read %s-%d: error %d", topic, number, kafka.last_error());
        if (partition->queue != NULL) kafka.queue_destroy(partition->queue);
        if (partition->topic != NULL) kafka.topic_destroy(partition->topic);
        free(partition);
        return NULL;
    }
    Py_INCREF(capsule);
    partition->client = capsule;
    return PyCapsule_New(partition, PARTITION_NAME, destroy_partition);
}

/* ------------------------------------------------------------------------------------------------ reading */

enum { MESSAGES_PER_CALL = 512 };

/* One call of librdkafka; how many came, -1 if they do not fit. */
static ssize_t take(rd_kafka_queue_t *queue, Records *records, size_t wanted, int timeout_ms) {
    rd_kafka_message_t *messages[MESSAGES_PER_CALL];
    size_t size = wanted < MESSAGES_PER_CALL ? wanted : MESSAGES_PER_CALL;
    ssize_t found = kafka.consume_batch_queue(queue, timeout_ms, messages, size);
    int failed = 0;
    for (ssize_t i = 0; i < found; i++) {
        failed = failed || append_record(records, messages[i]) < 0;
        kafka.message_destroy(messages[i]);
    }
    return failed ? -1 : found < 0 ? 0 : found;
}

static int is_done(const Records *records, int64_t max_count, size_t max_bytes) {
    return records->error || records->end_offset >= 0 || records->count >= max_count
        || records->key.data.size + records->value.data.size >= max_bytes;
}

static PyObject *as_bytes(const Buffer *buffer) {
    return PyBytes_FromStringAndSize(buffer->data, (Py_ssize_t)buffer->size);
}

static PyObject *as_column(const Binary *column) {
    return Py_BuildValue(
        "(NNNL)", as_bytes(&column->validity), as_bytes(&column->offsets), as_bytes(&column->data),
        (long long)column->null_count);
}

static PyObject *as_headers(const Headers *headers) {
    return Py_BuildValue("(NNN)", as_column(&headers->lists), as_column(&headers->names), as_column(&headers->values));
}

static PyObject *as_result(const Records *records) {
    PyObject *headers = records->has_headers ? as_headers(&records->headers) : Py_NewRef(Py_None);
    return Py_BuildValue(
        "(LiL(NN)(NNN)N)", (long long)records->count, records->error, (long long)records->end_offset,
        as_column(&records->key), as_column(&records->value), as_bytes(&records->offsets),
        as_bytes(&records->timestamps), as_bytes(&records->timestamp_types), headers);
}

/* read(partition, max_count, max_bytes, timeout_ms, has_headers):
   (count, error, end_offset, (key, value), (offsets, timestamps, types), (lists, names, values) of headers or None).
   It waits for the first record only. `max_bytes` may be passed by the records of one call of librdkafka. */
static PyObject *read_records(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    long long max_count;
    Py_ssize_t max_bytes;
    int timeout_ms, has_headers;
    if (!PyArg_ParseTuple(arguments, "OLnip", &capsule, &max_count, &max_bytes, &timeout_ms, &has_headers)) return NULL;
    Partition *partition = PyCapsule_GetPointer(capsule, PARTITION_NAME);
    if (partition == NULL) return NULL;
    Records records;
    ssize_t found = start_records(&records, has_headers) < 0 ? -1 : 1;
    Py_BEGIN_ALLOW_THREADS
    if (found > 0) found = take(partition->queue, &records, 1, timeout_ms);
    while (found > 0 && !is_done(&records, max_count, (size_t)max_bytes))
        found = take(partition->queue, &records, (size_t)(max_count - records.count), 0);
    Py_END_ALLOW_THREADS
    PyObject *result = found < 0 ? PyErr_NoMemory() : as_result(&records);
    free_records(&records);
    return result;
}

/* known_end(partition): where the partition ended when the broker last told, without asking it; negative: unknown. */
static PyObject *known_end(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    if (!PyArg_ParseTuple(arguments, "O", &capsule)) return NULL;
    Partition *partition = PyCapsule_GetPointer(capsule, PARTITION_NAME);
    rd_kafka_t *client = partition != NULL ? PyCapsule_GetPointer(partition->client, CLIENT_NAME) : NULL;
    if (client == NULL) return NULL;
    int64_t first, end;
    const char *topic = kafka.topic_name(partition->topic);
    int error = kafka.get_watermark_offsets(client, topic, partition->partition, &first, &end);
    return PyLong_FromLongLong(error ? -1 : (long long)end);
}

static PyMethodDef METHODS[] = {
    {"known_end", known_end, METH_VARARGS, "Where a partition ended when the broker last told."},
    {"open_client", open_client, METH_VARARGS, "A consumer of librdkafka."},
    {"start", start, METH_VARARGS, "Begins to read a partition ahead."},
    {"read", read_records, METH_VARARGS, "The next records of a partition, as buffers of Arrow."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_reader", "Records of Kafka as buffers of Arrow.", -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__reader(void) { return PyModule_Create(&MODULE); }
