/* Sends rows in Arrow's layout to Kafka, without a Python object per row, and counts what was delivered.

   librdkafka copies each message, so no buffer has to stay. Delivery reports are served here, by the thread that writes:
   what is under way is bounded by `IN_FLIGHT_ROWS` and `IN_FLIGHT_BYTES`, well below the limits of librdkafka's queue. */

#include "../client/_librdkafka.h"

/* ------------------------------------------------------------------------------------------------ librdkafka */

typedef struct rd_kafka_error_s rd_kafka_error_t;

typedef struct {
    int type;
    union {
        rd_kafka_topic_t *topic;
        int i;
        int32_t i32;
        struct { void *mem; size_t size; } mem;
        rd_kafka_headers_t *headers;
        char pad[64];
    } u;
} Part; /* rd_kafka_vu_t */

enum { PART_TOPIC = 2, PART_PARTITION, PART_VALUE, PART_KEY, PART_FLAGS = 7, PART_HEADERS = 10 };
enum { COPY = 0x2, OWN_PARTITION = 0x8, ANY_PARTITION = -1, PURGE_ALL = 0x1 | 0x2 | 0x4 };
enum { NO_TOPIC = -186, FATAL = -150 };
enum { ROWS_PER_CALL = 1024, IN_FLIGHT_ROWS = 200000, IN_FLIGHT_BYTES = 256 << 20, POLL_MS = 20 };

static struct {
    rd_kafka_conf_t *(*conf_new)(void);
    void (*conf_destroy)(rd_kafka_conf_t *);
    int (*conf_set)(rd_kafka_conf_t *, const char *, const char *, char *, size_t);
    void (*conf_set_opaque)(rd_kafka_conf_t *, void *);
    void (*conf_set_dr_msg_cb)(rd_kafka_conf_t *, void (*)(rd_kafka_t *, const rd_kafka_message_t *, void *));
    rd_kafka_t *(*new_client)(int, rd_kafka_conf_t *, char *, size_t);
    void (*destroy)(rd_kafka_t *);
    rd_kafka_topic_t *(*topic_new)(rd_kafka_t *, const char *, rd_kafka_topic_conf_t *);
    void (*topic_destroy)(rd_kafka_topic_t *);
    const char *(*topic_name)(const rd_kafka_topic_t *);
    int (*produce_batch)(rd_kafka_topic_t *, int32_t, int, rd_kafka_message_t *, int);
    rd_kafka_error_t *(*produceva)(rd_kafka_t *, const Part *, size_t);
    int (*error_code)(const rd_kafka_error_t *);
    void (*error_destroy)(rd_kafka_error_t *);
    rd_kafka_headers_t *(*headers_new)(size_t);
    void (*headers_destroy)(rd_kafka_headers_t *);
    int (*header_add)(rd_kafka_headers_t *, const char *, ssize_t, const void *, ssize_t);
    int (*poll)(rd_kafka_t *, int);
    int (*purge)(rd_kafka_t *, int);
    int (*fatal_error)(rd_kafka_t *, char *, size_t);
} kafka;

static const Symbol SYMBOLS[] = {
    {"rd_kafka_conf_new", (void **)&kafka.conf_new},
    {"rd_kafka_conf_destroy", (void **)&kafka.conf_destroy},
    {"rd_kafka_conf_set", (void **)&kafka.conf_set},
    {"rd_kafka_conf_set_opaque", (void **)&kafka.conf_set_opaque},
    {"rd_kafka_conf_set_dr_msg_cb", (void **)&kafka.conf_set_dr_msg_cb},
    {"rd_kafka_new", (void **)&kafka.new_client},
    {"rd_kafka_destroy", (void **)&kafka.destroy},
    {"rd_kafka_topic_new", (void **)&kafka.topic_new},
    {"rd_kafka_topic_destroy", (void **)&kafka.topic_destroy},
    {"rd_kafka_topic_name", (void **)&kafka.topic_name},
    {"rd_kafka_produce_batch", (void **)&kafka.produce_batch},
    {"rd_kafka_produceva", (void **)&kafka.produceva},
    {"rd_kafka_error_code", (void **)&kafka.error_code},
    {"rd_kafka_error_destroy", (void **)&kafka.error_destroy},
    {"rd_kafka_headers_new", (void **)&kafka.headers_new},
    {"rd_kafka_headers_destroy", (void **)&kafka.headers_destroy},
    {"rd_kafka_header_add", (void **)&kafka.header_add},
    {"rd_kafka_poll", (void **)&kafka.poll},
    {"rd_kafka_purge", (void **)&kafka.purge},
    {"rd_kafka_fatal_error", (void **)&kafka.fatal_error},
    {NULL, NULL},
};

/* ------------------------------------------------------------------------------------------------ producers */

typedef struct {
    char *name;
    size_t size;
    rd_kafka_topic_t *topic;
} Topic;

typedef struct {
    rd_kafka_t *client;
    Topic *topics;
    size_t topic_count, last_topic;
    int64_t rows, bytes;       /* under way */
    int64_t failed;            /* since the start */
    int error;                 /* of the first failure */
    int32_t error_partition;
    char error_topic[256];
} Producer;

static const char NAME[] = "unbounded.kafka.producer";

static void note_failure(Producer *producer, int error, const char *topic, int32_t partition) {
    if (producer->failed++ > 0) return;
    producer->error = error;
    producer->error_partition = partition;
    strncpy(producer->error_topic, topic, sizeof producer->error_topic - 1);
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    Producer *producer = opaque;
    producer->rows--;
    producer->bytes -= (int64_t)(message->len + message->key_len);
    if (message->err) note_failure(producer, message->err, kafka.topic_name(message->topic), message->partition);
}

static void destroy_producer(PyObject *capsule) {
    Producer *producer = PyCapsule_GetPointer(capsule, NAME);
    Py_BEGIN_ALLOW_THREADS
    kafka.purge(producer->client, PURGE_ALL);
    for (size_t i = 0; i < producer->topic_count; i++) {
        kafka.topic_destroy(producer->topics[i].topic);
        free(producer->topics[i].name);
    }
    kafka.destroy(producer->client);
    Py_END_ALLOW_THREADS
    free(producer->topics);
    free(producer);
}

/* open_producer(library_path, properties). Raises OSError, ValueError */
static PyObject *open_producer(PyObject *module, PyObject *arguments) {
    const char *path;
    PyObject *properties;
    char error[512] = "";
    if (!PyArg_ParseTuple(arguments, "sO!", &path, &PyDict_Type, &properties) || find_symbols(path, SYMBOLS) < 0)
        return NULL;
    Producer *producer = calloc(1, sizeof *producer);
    if (producer == NULL) return PyErr_NoMemory();
    rd_kafka_conf_t *conf = kafka.conf_new();
    if (set_properties(kafka.conf_set, conf, properties) < 0) goto failed;
    kafka.conf_set_opaque(conf, producer);
    kafka.conf_set_dr_msg_cb(conf, delivered);
    producer->client = kafka.new_client(PRODUCER, conf, error, sizeof error);
    if (producer->client != NULL) return PyCapsule_New(producer, NAME, destroy_producer);
    PyErr_SetString(PyExc_ValueError, error);
failed:
    kafka.conf_destroy(conf);
    free(producer);
    return NULL;
}

static rd_kafka_topic_t *new_topic(Producer *producer, const char *name, size_t size) {
    Topic *grown = realloc(producer->topics, (producer->topic_count + 1) * sizeof *grown);
    if (grown == NULL) return NULL;
    producer->topics = grown;
    Topic added = {strndup(name, size), size, NULL};
    if (added.name != NULL) added.topic = kafka.topic_new(producer->client, added.name, NULL);
    if (added.topic == NULL) {
        free(added.name);
        return NULL;
    }
    producer->last_topic = producer->topic_count++;
    producer->topics[producer->last_topic] = added;
    return added.topic;
}

static int is_topic(const Topic *topic, const char *name, size_t size) {
    return topic->size == size && memcmp(topic->name, name, size) == 0;
}

/* Rows mostly have the topic of the row before. */
static rd_kafka_topic_t *find_topic(Producer *producer, const char *name, size_t size) {
    if (producer->topic_count && is_topic(&producer->topics[producer->last_topic], name, size))
        return producer->topics[producer->last_topic].topic;
    for (size_t i = 0; i < producer->topic_count; i++) {
        if (is_topic(&producer->topics[i], name, size)) {
            producer->last_topic = i;
            return producer->topics[i].topic;
        }
    }
    return new_topic(producer, name, size);
}

/* ------------------------------------------------------------------------------------------------ columns */

/* Of strings or bytes: a byte per row which is 0 for NULL (or none: no row is NULL), offsets, bytes. */
typedef struct {
    Py_buffer validity, offsets, data;
} Binary;

typedef struct {
    Binary topic, partition, key, value; /* the bytes of `partition` are its numbers; it has no offsets */
    Binary lists, names, values;         /* of headers; `lists` has no bytes */
} Columns;

enum { COLUMN_COUNT = sizeof(Columns) / sizeof(Binary) };

static int is_given(const Binary *column) { return column->data.obj != NULL || column->offsets.obj != NULL; }

static int is_valid(const Binary *column, int64_t row) {
    return column->validity.obj == NULL || ((const char *)column->validity.buf)[row];
}

/* NULL, with size 0, for a value that is NULL or a column that is not there. */
static const char *value_at(const Binary *column, int64_t row, size_t *size) {
    *size = 0;
    if (!is_given(column) || !is_valid(column, row)) return NULL;
    const int32_t *offsets = column->offsets.buf;
    *size = (size_t)(offsets[row + 1] - offsets[row]);
    return *size ? (const char *)column->data.buf + offsets[row] : "";
}

static int32_t partition_at(const Columns *columns, int64_t row) {
    return is_given(&columns->partition) ? ((const int32_t *)columns->partition.data.buf)[row] : ANY_PARTITION;
}

static int take_buffer(PyObject *given, Py_buffer *buffer) {
    return given == Py_None ? 0 : PyObject_GetBuffer(given, buffer, PyBUF_SIMPLE);
}

static void release_columns(Columns *columns) {
    Binary *all = (Binary *)columns;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        PyBuffer_Release(&all[i].validity);
        PyBuffer_Release(&all[i].offsets);
        PyBuffer_Release(&all[i].data);
    }
}

/* `given`: for each column (validity, offsets, data), each of them a buffer or None. */
static int take_columns(PyObject *given, Columns *columns) {
    Binary *all = (Binary *)columns;
    memset(columns, 0, sizeof *columns);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        PyObject *validity, *offsets, *data;
        PyObject *column = PyTuple_GetItem(given, (Py_ssize_t)i);
        if (column == NULL || !PyArg_ParseTuple(column, "OOO", &validity, &offsets, &data)
            || take_buffer(validity, &all[i].validity) < 0 || take_buffer(offsets, &all[i].offsets) < 0
            || take_buffer(data, &all[i].data) < 0) {
            release_columns(columns);
            return -1;
        }
    }
    return 0;
}

/* ------------------------------------------------------------------------------------------------ writing */

static rd_kafka_topic_t *topic_at(Producer *producer, const Columns *columns, int64_t row) {
    size_t size;
    const char *name = value_at(&columns->topic, row, &size);
    rd_kafka_topic_t *topic = name != NULL ? find_topic(producer, name, size) : NULL;
    if (topic == NULL) note_failure(producer, NO_TOPIC, name != NULL ? "" : "NULL", ANY_PARTITION);
    return topic;
}

/* Rows `first` to `end` that have one topic, in one call; the row after them. */
static int64_t write_plain(Producer *producer, const Columns *columns, int64_t first, int64_t end) {
    rd_kafka_message_t messages[ROWS_PER_CALL];
    rd_kafka_topic_t *topic = topic_at(producer, columns, first);
    int64_t row = first;
    int64_t bytes = 0;
    if (topic == NULL) return end;
    for (; row < end && row - first < ROWS_PER_CALL; row++) {
        if (row > first && topic_at(producer, columns, row) != topic) break;
        rd_kafka_message_t *message = &messages[row - first];
        memset(message, 0, sizeof *message);
        message->payload = (void *)value_at(&columns->value, row, &message->len);
        message->key = (void *)value_at(&columns->key, row, &message->key_len);
        message->partition = partition_at(columns, row);
        bytes += (int64_t)(message->len + message->key_len);
    }
    int count = (int)(row - first);
    producer->rows += count;
    producer->bytes += bytes;
    if (kafka.produce_batch(topic, ANY_PARTITION, COPY | OWN_PARTITION, messages, count) == count) return row;
    for (int i = 0; i < count; i++) {
        if (!messages[i].err) continue;
        producer->rows--;
        producer->bytes -= (int64_t)(messages[i].len + messages[i].key_len);
        note_failure(producer, messages[i].err, kafka.topic_name(topic), messages[i].partition);
    }
    return row;
}

static rd_kafka_headers_t *headers_at(const Columns *columns, int64_t row) {
    const int32_t *offsets = columns->lists.offsets.buf;
    rd_kafka_headers_t *headers = kafka.headers_new((size_t)(offsets[row + 1] - offsets[row]));
    for (int32_t i = offsets[row]; i < offsets[row + 1]; i++) {
        size_t name_size, size;
        const char *name = value_at(&columns->names, i, &name_size);
        const char *value = value_at(&columns->values, i, &size);
        kafka.header_add(headers, name, (ssize_t)name_size, value, (ssize_t)size);
    }
    return headers;
}

/* One row with headers. */
static int64_t write_with_headers(Producer *producer, const Columns *columns, int64_t row) {
    rd_kafka_topic_t *topic = topic_at(producer, columns, row);
    size_t size, key_size;
    if (topic == NULL) return row + 1;
    void *value = (void *)value_at(&columns->value, row, &size);
    void *key = (void *)value_at(&columns->key, row, &key_size);
    int32_t partition = partition_at(columns, row);
    rd_kafka_headers_t *headers = headers_at(columns, row);
    Part parts[] = {
        {PART_TOPIC, {.topic = topic}},           {PART_PARTITION, {.i32 = partition}},
        {PART_VALUE, {.mem = {value, size}}},     {PART_KEY, {.mem = {key, key_size}}},
        {PART_FLAGS, {.i = COPY}},                {PART_HEADERS, {.headers = headers}},
    };
    rd_kafka_error_t *error = kafka.produceva(producer->client, parts, sizeof(parts) / sizeof(parts[0]));
    if (error == NULL) {
        producer->rows++;
        producer->bytes += (int64_t)(size + key_size);
    } else {
        note_failure(producer, kafka.error_code(error), kafka.topic_name(topic), partition);
        kafka.error_destroy(error);
        kafka.headers_destroy(headers);
    }
    return row + 1;
}

static int has_headers(const Columns *columns, int64_t row) {
    return is_given(&columns->lists) && is_valid(&columns->lists, row);
}

static int64_t write_some(Producer *producer, const Columns *columns, int64_t first, int64_t count) {
    if (has_headers(columns, first)) return write_with_headers(producer, columns, first);
    int64_t end = first + 1;
    int64_t limit = count - first > ROWS_PER_CALL ? first + ROWS_PER_CALL : count;
    while (end < limit && !has_headers(columns, end)) end++;
    return write_plain(producer, columns, first, end);
}

/* write(producer, columns, first, count): the row to go on with; `first` again if there was no room for a while. */
static PyObject *write_rows(PyObject *module, PyObject *arguments) {
    PyObject *capsule, *given;
    long long first, count;
    Columns columns;
    if (!PyArg_ParseTuple(arguments, "OO!LL", &capsule, &PyTuple_Type, &given, &first, &count)) return NULL;
    Producer *producer = PyCapsule_GetPointer(capsule, NAME);
    if (producer == NULL || take_columns(given, &columns) < 0) return NULL;
    int64_t row = first;
    Py_BEGIN_ALLOW_THREADS
    kafka.poll(producer->client, 0);
    for (int i = 0; i < 10 && (producer->rows >= IN_FLIGHT_ROWS || producer->bytes >= IN_FLIGHT_BYTES); i++)
        kafka.poll(producer->client, POLL_MS);
    while (row < count && !producer->failed && producer->rows < IN_FLIGHT_ROWS && producer->bytes < IN_FLIGHT_BYTES) {
        row = write_some(producer, &columns, row, count);
        kafka.poll(producer->client, 0);
    }
    Py_END_ALLOW_THREADS
    release_columns(&columns);
    return PyLong_FromLongLong(row);
}

/* flush(producer, timeout_ms): how many rows are still under way. */
static PyObject *flush(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    int timeout_ms;
    if (!PyArg_ParseTuple(arguments, "Oi", &capsule, &timeout_ms)) return NULL;
    Producer *producer = PyCapsule_GetPointer(capsule, NAME);
    if (producer == NULL) return NULL;
    Py_BEGIN_ALLOW_THREADS
    for (; producer->rows > 0 && timeout_ms > 0; timeout_ms -= POLL_MS) kafka.poll(producer->client, POLL_MS);
    Py_END_ALLOW_THREADS
    return PyLong_FromLongLong(producer->rows);
}

/* failure(producer): (how many rows have failed, error, topic, partition of the first of them). */
static PyObject *failure(PyObject *module, PyObject *arguments) {
    PyObject *capsule;
    if (!PyArg_ParseTuple(arguments, "O", &capsule)) return NULL;
    Producer *producer = PyCapsule_GetPointer(capsule, NAME);
    if (producer == NULL) return NULL;
    char text[512];
    if (producer->error == FATAL) producer->error = kafka.fatal_error(producer->client, text, sizeof text);
    return Py_BuildValue(
        "(Lisi)", (long long)producer->failed, producer->error, producer->error_topic, (int)producer->error_partition);
}

static PyMethodDef METHODS[] = {
    {"open_producer", open_producer, METH_VARARGS, "A producer of librdkafka."},
    {"write", write_rows, METH_VARARGS, "Sends rows."},
    {"flush", flush, METH_VARARGS, "Waits for deliveries."},
    {"failure", failure, METH_VARARGS, "What was not delivered."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT, "_writer", "Rows of Arrow as records of Kafka.", -1, METHODS, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__writer(void) { return PyModule_Create(&MODULE); }
