/* What both compiled modules need of librdkafka. It is not linked: the library inside the confluent-kafka wheel is opened
   when the first client is made, and the few declarations of its public interface that are needed stand here. */

#ifndef UNBOUNDED_LIBRDKAFKA_H
#define UNBOUNDED_LIBRDKAFKA_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_topic_conf_s rd_kafka_topic_conf_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;
typedef struct rd_kafka_headers_s rd_kafka_headers_t;

typedef struct {
    int err;
    rd_kafka_topic_t *topic;
    int32_t partition;
    void *payload;
    size_t len;
    void *key;
    size_t key_len;
    int64_t offset;
    void *reserved;
} rd_kafka_message_t;

enum { PRODUCER = 0, CONSUMER = 1, CONF_OK = 0 };

typedef struct {
    const char *name;
    void **place;
} Symbol;

/* Finds the functions of `symbols` (the last one has no name) in the library at `path`. */
static int find_symbols(const char *path, const Symbol *symbols) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        PyErr_SetString(PyExc_OSError, dlerror());
        return -1;
    }
    for (; symbols->name != NULL; symbols++) {
        *symbols->place = dlsym(library, symbols->name);
        if (*symbols->place == NULL) {
            PyErr_Format(PyExc_OSError, "%s has no %s", path, symbols->name);
            return -1;
        }
    }
    return 0;
}

typedef int (*SetProperty)(rd_kafka_conf_t *, const char *, const char *, char *, size_t);

/* Raises ValueError for properties that librdkafka refuses. */
static int set_properties(SetProperty set, rd_kafka_conf_t *conf, PyObject *properties) {
    char error[512] = "";
    PyObject *name, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(properties, &position, &name, &value)) {
        const char *name_text = PyUnicode_AsUTF8(name), *value_text = PyUnicode_AsUTF8(value);
        if (name_text == NULL || value_text == NULL) return -1;
        if (set(conf, name_text, value_text, error, sizeof error) != CONF_OK) {
            PyErr_SetString(PyExc_ValueError, error);
            return -1;
        }
    }
    return 0;
}

#endif
