-- Step 1: the files in `incoming` (file_name, content), each told apart: repeated, broken or read.
CREATE OR REPLACE TEMP TABLE file AS
SELECT *,
       row_number() OVER (PARTITION BY code, sha256 ORDER BY made_at) > 1
       OR (code, sha256) IN (SELECT (code, sha256) FROM ledger WHERE collection = '$collection')
           AS is_duplicate,
       -- Quotes would need a reader of CSV, which takes ten times as long; no sound file has any.
       coalesce(starts_with(text, '$first_heading,') AND NOT contains(text, '"'), false) AS is_readable
FROM (
    SELECT file_name,
           split_part(file_name, '_', 1) AS code,
           strptime(regexp_extract(file_name, '_(\d{8}T\d{6})\.', 1), '%Y%m%dT%H%M%S') AS made_at,
           sha256(content) AS sha256,
           octet_length(content) AS size_bytes,
           try(decode(content)) AS text
    FROM incoming
);

-- Step 2: their lines, as cells.
CREATE OR REPLACE TEMP TABLE line AS
SELECT file_name, code, made_at, row_number, string_split(line, ',') AS cells
FROM (
    SELECT file_name, code, made_at,
           unnest(string_split(rtrim(text, chr(13) || chr(10)), chr(13) || chr(10))[2:]) AS line,
           generate_subscripts(
               string_split(rtrim(text, chr(13) || chr(10)), chr(13) || chr(10))[2:], 1
           ) AS row_number
    FROM file
    WHERE is_readable AND NOT is_duplicate
);
