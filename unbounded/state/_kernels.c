#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The inner loops of the state store over whole columns of keys, compiled; `plain_kernels.py` says what each one does.
   Arrays come as buffers of 64-bit words, and a function that is given sizes that do not fit together refuses them. */

enum { FREE = -1, AHEAD = 16 };

#if defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif

static size_t count_of(const Py_buffer *buffer) { return (size_t)buffer->len / sizeof(uint64_t); }

static void release_all(Py_buffer *buffers, int count) {
    for (int i = 0; i < count; i++) PyBuffer_Release(&buffers[i]);
}

static PyObject *misfit(void) {
    PyErr_SetString(PyExc_ValueError, "the arrays do not fit together");
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ hashes */

static uint64_t mix(uint64_t word) {
    word ^= word >> 33;
    word *= UINT64_C(0xFF51AFD7ED558CCD);
    word ^= word >> 33;
    word *= UINT64_C(0xC4CEB9FE1A85EC53);
    return word ^ (word >> 33);
}

static PyObject *add_mixed(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[2];
    unsigned long long step;
    if (!PyArg_ParseTuple(arguments, "w*y*K", &buffers[0], &buffers[1], &step)) return NULL;
    size_t count = count_of(&buffers[0]);
    int fits = count_of(&buffers[1]) == count;
    uint64_t *sums = buffers[0].buf;
    const uint64_t *words = buffers[1].buf;
    for (size_t i = 0; fits && i < count; i++) sums[i] += mix(words[i] + step);
    release_all(buffers, 2);
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyObject *add_mixed_runs(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[3];
    unsigned long long step;
    if (!PyArg_ParseTuple(arguments, "w*y*y*K", &buffers[0], &buffers[1], &buffers[2], &step)) return NULL;
    size_t count = count_of(&buffers[0]);
    uint64_t *sums = buffers[0].buf;
    const uint64_t *words = buffers[1].buf;
    const int64_t *offsets = buffers[2].buf;
    int fits = count_of(&buffers[2]) == count + 1 && (size_t)offsets[count] <= count_of(&buffers[1]);
    for (size_t i = 0; fits && i < count; i++) {
        uint64_t shift = 0;
        for (int64_t place = offsets[i]; place < offsets[i + 1]; place++) sums[i] += mix(words[place] + (shift += step));
    }
    release_all(buffers, 3);
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyObject *mix_all(PyObject *module, PyObject *arguments) {
    Py_buffer buffer;
    if (!PyArg_ParseTuple(arguments, "w*", &buffer)) return NULL;
    uint64_t *words = buffer.buf;
    for (size_t i = 0, count = count_of(&buffer); i < count; i++) words[i] = mix(words[i]);
    PyBuffer_Release(&buffer);
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------------------------------------ texts */

static PyObject *copy_texts(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[5];
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*", &buffers[0], &buffers[1], &buffers[2], &buffers[3], &buffers[4]))
        return NULL;
    const char *content = buffers[0].buf;
    const int64_t *starts = buffers[1].buf, *lengths = buffers[2].buf, *offsets = buffers[3].buf;
    uint64_t *words = buffers[4].buf;
    size_t count = count_of(&buffers[1]);
    int fits = count_of(&buffers[2]) == count && count_of(&buffers[3]) == count + 1;
    for (size_t i = 0; fits && i < count; i++) {
        size_t width = (size_t)lengths[i], word_count = (width + 7) / 8;
        fits = starts[i] >= 0 && starts[i] + lengths[i] <= buffers[0].len
            && offsets[i] + (int64_t)word_count == offsets[i + 1] && (size_t)offsets[i + 1] <= count_of(&buffers[4]);
        if (!fits || width == 0) continue;
        words[offsets[i + 1] - 1] = 0;
        memcpy(words + offsets[i], content + starts[i], width);
    }
    release_all(buffers, 5);
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

/* ------------------------------------------------------------------------------------------------ hash table */

/* A table of the size 1 << bits; a key's first slot is the top bits of its hash. */
typedef struct {
    uint64_t *hashes;
    int64_t *ids;
    size_t mask;
    int shift;
} Table;

static int as_table(Table *table, const Py_buffer *hashes, const Py_buffer *ids) {
    size_t size = count_of(ids);
    table->hashes = hashes->buf;
    table->ids = ids->buf;
    table->mask = size - 1;
    table->shift = 64;
    for (size_t left = size; left > 1; left /= 2) table->shift--;
    return size >= 2 && (size & (size - 1)) == 0 && count_of(hashes) == size;
}

static size_t home(const Table *table, uint64_t hash) { return (size_t)(hash >> table->shift); }

static void fetch_ahead(const Table *table, const uint64_t *hashes, size_t position, size_t count) {
    if (position + AHEAD >= count) return;
    size_t slot = home(table, hashes[position + AHEAD]);
    PREFETCH(table->hashes + slot);
    PREFETCH(table->ids + slot);
}

static int64_t find_hash(const Table *table, uint64_t hash, size_t slot) {
    for (;; slot = (slot + 1) & table->mask) {
        int64_t id = table->ids[slot];
        if (id == FREE) return -1;
        if (id >= 0 && table->hashes[slot] == hash) return (int64_t)slot;
    }
}

static PyObject *probe(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[5];
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*w*", &buffers[0], &buffers[1], &buffers[2], &buffers[3], &buffers[4]))
        return NULL;
    Table table;
    const uint64_t *hashes = buffers[2].buf;
    const int64_t *after = buffers[3].buf;
    int64_t *found = buffers[4].buf;
    size_t count = count_of(&buffers[2]), after_count = count_of(&buffers[3]);
    int fits = as_table(&table, &buffers[0], &buffers[1]) && count_of(&buffers[4]) == count
        && (after_count == 0 || after_count == count);
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        for (size_t i = 0; i < count; i++) {
            fetch_ahead(&table, hashes, i, count);
            size_t slot = after_count ? ((size_t)after[i] + 1) & table.mask : home(&table, hashes[i]);
            found[i] = find_hash(&table, hashes[i], slot);
        }
        Py_END_ALLOW_THREADS
    }
    release_all(buffers, 5);
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyObject *slots_of(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[4];
    if (!PyArg_ParseTuple(arguments, "y*y*y*w*", &buffers[0], &buffers[1], &buffers[2], &buffers[3])) return NULL;
    Table table;
    const uint64_t *hashes = buffers[1].buf;
    const int64_t *ids = buffers[2].buf;
    int64_t *found = buffers[3].buf;
    size_t count = count_of(&buffers[1]);
    int fits = as_table(&table, &buffers[0], &buffers[0]) && count_of(&buffers[2]) == count
        && count_of(&buffers[3]) == count;
    for (size_t i = 0; fits && i < count; i++) {
        size_t slot = home(&table, hashes[i]);
        while (table.ids[slot] != ids[i]) slot = (slot + 1) & table.mask;
        found[i] = (int64_t)slot;
    }
    release_all(buffers, 4);
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyObject *insert(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[4];
    if (!PyArg_ParseTuple(arguments, "w*w*y*y*", &buffers[0], &buffers[1], &buffers[2], &buffers[3])) return NULL;
    Table table;
    const uint64_t *hashes = buffers[2].buf;
    const int64_t *ids = buffers[3].buf;
    size_t count = count_of(&buffers[2]), used = 0;
    int fits = as_table(&table, &buffers[0], &buffers[1]) && count_of(&buffers[3]) == count;
    for (size_t i = 0; fits && i < count; i++) {
        fetch_ahead(&table, hashes, i, count);
        size_t slot = home(&table, hashes[i]);
        while (table.ids[slot] >= 0) slot = (slot + 1) & table.mask;
        used += table.ids[slot] == FREE;
        table.ids[slot] = ids[i];
        table.hashes[slot] = hashes[i];
    }
    release_all(buffers, 4);
    return fits ? PyLong_FromSize_t(used) : misfit();
}

/* ------------------------------------------------------------------------------------------------ without a table kept */

static int allocate(Table *table, size_t count) {
    size_t size = 2;
    table->shift = 63;
    for (; size < 2 * count; size *= 2) table->shift--;
    table->mask = size - 1;
    table->hashes = malloc(size * sizeof(uint64_t));
    table->ids = malloc(size * sizeof(int64_t));
    if (table->hashes == NULL || table->ids == NULL) return 0;
    memset(table->ids, 0xFF, size * sizeof(int64_t));
    return 1;
}

static void deallocate(Table *table) {
    free(table->hashes);
    free(table->ids);
}

/* Adds a hash that is not in the table; else the id of the one that is there. -1: added. */
static int64_t add_or_find(Table *table, uint64_t hash, int64_t id) {
    size_t slot = home(table, hash);
    for (; table->ids[slot] != FREE; slot = (slot + 1) & table->mask)
        if (table->hashes[slot] == hash) return table->ids[slot];
    table->ids[slot] = id;
    table->hashes[slot] = hash;
    return -1;
}

static PyObject *match(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[3];
    if (!PyArg_ParseTuple(arguments, "y*y*w*", &buffers[0], &buffers[1], &buffers[2])) return NULL;
    const uint64_t *known = buffers[0].buf, *hashes = buffers[1].buf;
    int64_t *positions = buffers[2].buf;
    size_t known_count = count_of(&buffers[0]), count = count_of(&buffers[1]);
    int fits = count_of(&buffers[2]) == count;
    Table table;
    int has_memory = allocate(&table, known_count);
    if (fits && has_memory) {
        for (size_t i = 0; i < known_count; i++) add_or_find(&table, known[i], (int64_t)i);
        for (size_t i = 0; i < count; i++) {
            int64_t slot = find_hash(&table, hashes[i], home(&table, hashes[i]));
            positions[i] = slot < 0 ? -1 : table.ids[slot];
        }
    }
    deallocate(&table);
    release_all(buffers, 3);
    if (!has_memory) return PyErr_NoMemory();
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyObject *has_repeated(PyObject *module, PyObject *arguments) {
    Py_buffer buffer;
    if (!PyArg_ParseTuple(arguments, "y*", &buffer)) return NULL;
    const uint64_t *words = buffer.buf;
    size_t count = count_of(&buffer);
    Table table;
    int has_memory = allocate(&table, count), is_repeated = 0;
    for (size_t i = 0; has_memory && !is_repeated && i < count; i++)
        is_repeated = add_or_find(&table, mix(words[i]), (int64_t)i) >= 0;
    deallocate(&table);
    PyBuffer_Release(&buffer);
    return has_memory ? PyBool_FromLong(is_repeated) : PyErr_NoMemory();
}

/* Sorts positions by the digits of their numbers, the last digit first; a digit that all share is left out. */
enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

typedef struct {
    uint64_t number;
    int64_t position;
} Item;

static void sort_by_digit(const Item *from, Item *to, size_t count, int shift) {
    size_t starts[DIGITS] = {0}, start = 0;
    for (size_t i = 0; i < count; i++) starts[from[i].number >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t width = starts[digit];
        starts[digit] = start;
        start += width;
    }
    for (size_t i = 0; i < count; i++) to[starts[from[i].number >> shift & (DIGITS - 1)]++] = from[i];
}

static PyObject *argsort(PyObject *module, PyObject *arguments) {
    Py_buffer buffers[2];
    if (!PyArg_ParseTuple(arguments, "y*w*", &buffers[0], &buffers[1])) return NULL;
    const uint64_t *numbers = buffers[0].buf;
    int64_t *order = buffers[1].buf;
    size_t count = count_of(&buffers[0]);
    int fits = count_of(&buffers[1]) == count;
    Item *items = malloc((2 * count + 1) * sizeof(Item)), *spare = items + count;
    Item *first = items;
    uint64_t different = 0;
    for (size_t i = 0; fits && items != NULL && i < count; i++) {
        items[i] = (Item){numbers[i], (int64_t)i};
        different |= numbers[i] ^ numbers[0];
    }
    for (int shift = 0; fits && items != NULL && shift < 64; shift += DIGIT_BITS) {
        if ((different >> shift & (DIGITS - 1)) == 0) continue;
        sort_by_digit(items, spare, count, shift);
        Item *sorted = spare;
        spare = items;
        items = sorted;
    }
    for (size_t i = 0; fits && items != NULL && i < count; i++) order[i] = items[i].position;
    int has_memory = first != NULL;
    free(first);
    release_all(buffers, 2);
    if (!has_memory) return PyErr_NoMemory();
    if (!fits) return misfit();
    Py_RETURN_NONE;
}

static PyMethodDef METHODS[] = {
    {"add_mixed", add_mixed, METH_VARARGS, "See plain_kernels."},
    {"add_mixed_runs", add_mixed_runs, METH_VARARGS, "See plain_kernels."},
    {"mix_all", mix_all, METH_VARARGS, "See plain_kernels."},
    {"copy_texts", copy_texts, METH_VARARGS, "See plain_kernels."},
    {"probe", probe, METH_VARARGS, "See plain_kernels."},
    {"slots_of", slots_of, METH_VARARGS, "See plain_kernels."},
    {"insert", insert, METH_VARARGS, "See plain_kernels."},
    {"match", match, METH_VARARGS, "See plain_kernels."},
    {"has_repeated", has_repeated, METH_VARARGS, "See plain_kernels."},
    {"argsort", argsort, METH_VARARGS, "See plain_kernels."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_kernels", "Inner loops of the state store.", -1, METHODS, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModule_Create(&MODULE); }
