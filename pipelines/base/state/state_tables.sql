-- Documents and journals of a home, the queue of its landing: in the first schema of the search path.
CREATE TABLE IF NOT EXISTS document (
    name text PRIMARY KEY,
    content bytea NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS journal (
    name text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    content bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, number)
);
CREATE TABLE IF NOT EXISTS delivery (
    delivery_id text PRIMARY KEY,
    feed_id text NOT NULL,
    sha256 text NOT NULL,
    received_on date NOT NULL,
    manifest bytea NOT NULL,
    is_settled boolean NOT NULL DEFAULT false
);
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (delivery_id) WHERE NOT is_settled;
CREATE INDEX IF NOT EXISTS delivery_day ON delivery (received_on);
CREATE INDEX IF NOT EXISTS delivery_hash ON delivery (sha256) WHERE NOT is_settled;
CREATE TABLE IF NOT EXISTS taken (
    endpoint text NOT NULL,
    key bytea NOT NULL,
    version text NOT NULL,
    is_done boolean NOT NULL,
    taken_by text NOT NULL,
    PRIMARY KEY (endpoint, key)
);
CREATE TABLE IF NOT EXISTS seen (
    endpoint text NOT NULL,
    key bytea NOT NULL,
    version text NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (endpoint, key)
);
