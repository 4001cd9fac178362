-- What happened, written once, at the end. By retention first and UTC day second, so that what is no longer kept leaves
-- by dropping a table; the running program makes the days (a week ahead, and any older one that is still needed).
-- Postgres wants the partition columns in every unique key; an id carries the millisecond of `scheduled_for`, so a
-- look-up by id reads one day.

CREATE TABLE executions (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamptz NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    trigger text NOT NULL,
    status text NOT NULL CHECK (status IN ('success', 'failed', 'timeout', 'missed', 'skipped', 'cancelled')),
    reason text,
    attempt smallint NOT NULL,
    started_at timestamptz,
    finished_at timestamptz NOT NULL,
    status_code smallint,
    duration_ms integer CHECK (duration_ms >= 0),
    lateness_ms integer CHECK (lateness_ms >= 0),
    error_message text,
    -- A stretch of occurrences that did not run, in one row: so many, from `scheduled_for` until `last_scheduled_for`.
    count integer NOT NULL DEFAULT 1 CHECK (count >= 1),
    last_scheduled_for timestamptz,
    repeat_of uuid,
    PRIMARY KEY (organization_id, id, keep_days, scheduled_for),
    CHECK ((status = 'success') = (reason IS NULL)),
    CHECK ((count > 1) = (last_scheduled_for IS NOT NULL))
) PARTITION BY LIST (keep_days);
CREATE UNIQUE INDEX executions_once ON executions (
    organization_id, job_id, scheduled_for, keep_days,
    (CASE WHEN trigger = 'schedule' THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE id END)
);

-- Each try, with the request as it was sent and the answer. Bodies beyond two kilobytes are moved out of the row by
-- Postgres itself. No foreign key to executions: it would block dropping a day.
CREATE TABLE attempts (
    organization_id uuid NOT NULL,
    keep_days smallint NOT NULL,
    scheduled_for timestamptz NOT NULL,
    execution_id uuid NOT NULL,
    number smallint NOT NULL,
    node_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('success', 'failed', 'timeout')),
    reason text,
    error_message text,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    status_code smallint,
    -- Microseconds: waiting past its due time, then each phase of the call; null where there was none.
    queue_us bigint,
    dns_us bigint,
    connect_us bigint,
    tls_us bigint,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    remote_address text,
    request jsonb,
    response_headers jsonb,
    response_body bytea,
    response_size bigint,
    response_truncated boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, execution_id, keep_days, scheduled_for, number),
    CHECK ((status = 'success') = (reason IS NULL))
) PARTITION BY LIST (keep_days);

CREATE TABLE executions_keep_7 PARTITION OF executions FOR VALUES IN (7) PARTITION BY RANGE (scheduled_for);
CREATE TABLE executions_keep_30 PARTITION OF executions FOR VALUES IN (30) PARTITION BY RANGE (scheduled_for);
CREATE TABLE executions_keep_90 PARTITION OF executions FOR VALUES IN (90) PARTITION BY RANGE (scheduled_for);
CREATE TABLE attempts_keep_7 PARTITION OF attempts FOR VALUES IN (7) PARTITION BY RANGE (scheduled_for);
CREATE TABLE attempts_keep_30 PARTITION OF attempts FOR VALUES IN (30) PARTITION BY RANGE (scheduled_for);
CREATE TABLE attempts_keep_90 PARTITION OF attempts FOR VALUES IN (90) PARTITION BY RANGE (scheduled_for);

-- The last 50 executions of each job, copied aside before their day is dropped: always kept.
CREATE TABLE kept_executions (
    LIKE executions INCLUDING CONSTRAINTS,
    PRIMARY KEY (organization_id, job_id, scheduled_for, id)
);
CREATE TABLE kept_attempts (
    LIKE attempts INCLUDING CONSTRAINTS,
    PRIMARY KEY (organization_id, execution_id, number)
);
