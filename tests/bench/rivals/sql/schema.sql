-- What the plain script keeps: a ledger of files, what was said of rows, and the values of today.
-- No history, no answers, no order in which things must be safe on disk.
SET preserve_insertion_order = false;

CREATE TABLE organisation AS
SELECT org_code, org_type FROM read_csv('$reference/organisation.csv', all_varchar = true);
CREATE TABLE contract_area AS
SELECT contract_code FROM read_csv('$reference/contract_area.csv', all_varchar = true);

CREATE TABLE ledger (
    file_name VARCHAR,
    collection VARCHAR,
    code VARCHAR,
    sha256 VARCHAR,
    size_bytes BIGINT,
    made_at TIMESTAMP,
    status VARCHAR,
    rows_read BIGINT,
    rows_accepted BIGINT,
    rows_quarantined BIGINT,
    settled_at TIMESTAMP
);
CREATE TABLE issue (file_name VARCHAR, row_number BIGINT, code VARCHAR);
CREATE TABLE quarantine (file_name VARCHAR, row_number BIGINT, codes VARCHAR[], cells VARCHAR[]);

-- Texts that stand for no value.
CREATE MACRO is_missing(cell) AS trim(cell) IN (
    '', '-', 'N/A', '#N/A', '#DIV/0!', '#REF!', '#VALUE!', '.', '[z]', '[x]', 'NULL', 'null');
CREATE MACRO number_of(cell) AS
    TRY_CAST(CASE WHEN is_missing(cell) THEN NULL ELSE cell END AS DOUBLE);
