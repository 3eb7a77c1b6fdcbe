"""Which batch of a query, or version of an application, is in a database: a row of a table beside the rows written.

It changes in the transaction of the rows, so a batch that is run again finds itself there.
"""

from __future__ import annotations

from dataclasses import dataclass

from unbounded.connectors.jdbc.database import Connection, Database
from unbounded.connectors.jdbc.table_names import TableName
from unbounded.types.datatypes import STRING

TABLE = "unbounded_batches"


@dataclass(frozen=True, slots=True)
class BatchNumber:
    """`writer` is the id of a streaming query or application; its numbers only grow."""

    writer: str
    number: int


@dataclass(frozen=True, slots=True)
class BatchNumbers:
    """The numbers kept beside `table`."""

    connection: Connection
    database: Database
    table: TableName

    def is_done(self, batch: BatchNumber) -> bool:
        """Whether this batch or a later one is there. Until the end of the transaction no other run of the same writer
        gets an answer, so that of two runs of one batch the second sees what the first has done."""
        if not self.database.has_table(self.connection, self._place):
            columns = "query_id VARCHAR(200) NOT NULL PRIMARY KEY, batch_id BIGINT NOT NULL"
            self.connection.execute(f"CREATE TABLE {self._place.text} ({columns})")
        writer = self._writer(batch)
        known = f"SELECT batch_id FROM {self._place.text} WHERE query_id = {writer}"
        if not self.connection.rows(known):
            self.connection.execute(f"INSERT INTO {self._place.text} (query_id, batch_id) VALUES ({writer}, -1)")
        self.connection.execute(f"UPDATE {self._place.text} SET batch_id = batch_id WHERE query_id = {writer}")
        return int(self.connection.rows(known)[0][0]) >= batch.number

    def set_done(self, batch: BatchNumber) -> None:
        place, writer = self._place.text, self._writer(batch)
        self.connection.execute(f"UPDATE {place} SET batch_id = {batch.number} WHERE query_id = {writer}")

    @property
    def _place(self) -> TableName:
        return self.table.sibling(TABLE)

    def _writer(self, batch: BatchNumber) -> str:
        return self.database.dialect.literal(batch.writer, STRING) or "''"
