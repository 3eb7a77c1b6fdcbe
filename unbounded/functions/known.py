"""Functions that Spark has and this engine does not: refused by name. One set a family."""

from __future__ import annotations

CRYPTOGRAPHY = frozenset({"aes_encrypt", "aes_decrypt", "try_aes_decrypt"})
FILES = frozenset({"input_file_name", "input_file_block_start", "input_file_block_length"})
JAVA = frozenset({"reflect", "java_method", "try_reflect"})
COLLATIONS = frozenset({"collate", "collations"})

KNOWN = CRYPTOGRAPHY | FILES | JAVA | COLLATIONS
