-- What is to be done and when. `jobs` is changed by people only, `job_states` by the engine only: an edit never rewrites
-- what a tick is moving, a tick never rewrites a wide row, and a job's version (its ETag) stands still while it runs.

CREATE TABLE jobs (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    key text CHECK (key ~ '^[a-z0-9][a-z0-9._/-]{0,99}$'),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    plugin text NOT NULL,
    config jsonb NOT NULL,
    -- As it was said, completed (zone, instant of `delay`); null is "on demand".
    schedule jsonb,
    -- `every` counts from here when it names no anchor: the instant its schedule was last set.
    schedule_set_at timestamptz NOT NULL,
    shortest_interval_ms bigint,
    timeout_ms integer NOT NULL CHECK (timeout_ms >= 1000),
    retries jsonb NOT NULL,
    missed text NOT NULL CHECK (missed IN ('skip', 'last', 'all')),
    missed_limit integer NOT NULL CHECK (missed_limit BETWEEN 1 AND 100),
    start_deadline_s integer CHECK (start_deadline_s >= 1),
    overlap text NOT NULL CHECK (overlap IN ('skip', 'queue', 'allow')),
    success jsonb NOT NULL,
    alerts jsonb,
    tags text[] NOT NULL CHECK (cardinality(tags) <= 20),
    enabled boolean NOT NULL,
    paused_until timestamptz,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX jobs_key ON jobs (organization_id, key) WHERE deleted_at IS NULL;

CREATE TABLE job_states (
    organization_id uuid NOT NULL,
    job_id uuid NOT NULL,
    -- The next occurrence that is not in the queue yet; null when there is none, or none while paused.
    next_run_at timestamptz,
    -- Why a job has no next run although it should: its schedule could not be computed. Shown, never silent.
    set_aside text,
    health text NOT NULL DEFAULT 'healthy' CHECK (health IN ('healthy', 'late', 'failing', 'paused')),
    consecutive_failures integer NOT NULL DEFAULT 0,
    last_execution_id uuid,
    last_status text,
    last_finished_at timestamptz,
    PRIMARY KEY (organization_id, job_id),
    FOREIGN KEY (organization_id, job_id) REFERENCES jobs ON DELETE CASCADE
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- Only what has a next run is in it, so looking for what is due costs what is due.
CREATE INDEX job_states_due ON job_states (next_run_at) WHERE next_run_at IS NOT NULL;

-- Occurrences not yet finished: the next seconds, what is overdue, what is running. Small and hot. No foreign keys:
-- jobs are only ever soft-deleted while rows of theirs wait here.
CREATE TABLE queue (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    job_id uuid NOT NULL,
    scheduled_for timestamptz NOT NULL,
    -- When it may start: `scheduled_for`, or the instant of its next attempt.
    due_at timestamptz NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('schedule', 'manual', 'api', 'replay', 'backfill')),
    -- The attempt that is next, or running.
    attempt smallint NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    -- So many nodes died under it.
    lost_leases smallint NOT NULL DEFAULT 0,
    keep_days smallint NOT NULL,
    -- Waits for an earlier execution of its job (overlap); whoever finishes that one lets it go.
    held boolean NOT NULL DEFAULT false,
    -- A manual run's own body and reason.
    override jsonb,
    repeat_of uuid,
    -- Of the attempt that runs, written once it has run for a while; most end before that.
    started_at timestamptz,
    leased_by uuid,
    lease_token bigint,
    PRIMARY KEY (organization_id, id),
    CHECK ((leased_by IS NULL) = (lease_token IS NULL)),
    CHECK (NOT (held AND leased_by IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX queue_claim ON queue (organization_id, due_at, id) WHERE leased_by IS NULL AND NOT held;
CREATE INDEX queue_held ON queue (organization_id, job_id, scheduled_for) WHERE held;
CREATE INDEX queue_leases ON queue (leased_by) WHERE leased_by IS NOT NULL;
-- The net under the scheduler's compare-and-swap, and the way to one job's rows: a scheduled occurrence exists once;
-- the others are told apart by their id.
CREATE UNIQUE INDEX queue_once ON queue (
    organization_id, job_id, scheduled_for,
    (CASE WHEN trigger = 'schedule' THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE id END)
);

-- One row an organization: its fair share of the workers. Only `next_due` is indexed, so that an end, which as a rule only
-- counts `running` down, is a heap-only update; a lane at its cap has `next_due` infinity and is due again with the next end.
CREATE TABLE lanes (
    organization_id uuid PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    max_running integer NOT NULL CHECK (max_running >= 1),
    running integer NOT NULL DEFAULT 0 CHECK (running >= 0),
    next_due timestamptz NOT NULL DEFAULT 'infinity'
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX lanes_due ON lanes (next_due);

-- The processes that lease from the queue. A lease lasts as long as its node's `alive_until`.
CREATE TABLE nodes (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    started_at timestamptz NOT NULL,
    alive_until timestamptz NOT NULL,
    last_tick_at timestamptz,
    clock_offset_us bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE SEQUENCE lease_tokens;

-- Executions of a UTC month, counted in the transaction that records each; outlives the history it counted.
CREATE TABLE usage_counters (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    month date NOT NULL,
    executions bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, month)
) WITH (fillfactor = 60);
