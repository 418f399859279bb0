-- One row per dirty row of the file just written.
SELECT
    $table_name AS table_name,
    $file AS file,
    written.rowid + 1 AS row_number,
    dirt_kinds.kind,
    dirt_kinds.expected_outcome,
    dirt_kinds.expected_rule
FROM month.written
INNER JOIN planted.dirt_kinds ON dirt_kinds.table_name = $table_name AND dirt_kinds.kind = written.dirt_kind
ORDER BY written.rowid
