-- Telling people: what went wrong is a row of the transaction that records it (incidents, notices), telling of it another
-- (deliveries), so that neither a crash nor a silent channel loses anything.

-- Where an organization's alerts go.
CREATE TABLE channels (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    -- email, webhook, slack, discord …: what the program knows by that name.
    kind text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    -- The settings of its kind: an address or a URL, which is a secret. Sealed for this row.
    sealed bytea NOT NULL,
    -- Of the settings what may be shown: a host and the last four characters, or whom mail goes to.
    shown text NOT NULL,
    -- An outside address gets nothing before it has confirmed; null: it waits for that.
    confirmed_at timestamptz,
    -- SHA-256 of the token it confirms with.
    confirmation bytea,
    enabled boolean NOT NULL,
    -- Why Prikke switched it off, and when; null: it did not.
    switched_off_at timestamptz,
    switched_off_reason text,
    -- The first of the permanent refusals in a row, and since when nothing at all got through.
    refused_at timestamptz,
    failing_since timestamptz,
    -- Not before: the vendor asked for patience.
    resting_until timestamptz,
    -- Till then a sender has it: one message at a time.
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    deleted_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX channels_confirmation ON channels (confirmation) WHERE confirmation IS NOT NULL;

-- A stored time of failing, opened and closed once. What it is about is its subject: a job ('job_…'), or a host that many jobs share
-- ('host:api.example.com'), which are told as one.
CREATE TABLE incidents (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    -- failing, missed, breaker, stopped (paused by its target), set_aside (its next run cannot be computed).
    kind text NOT NULL CHECK (kind IN ('failing', 'missed', 'breaker', 'stopped', 'set_aside')),
    -- Null: of a host.
    job_id uuid,
    host text,
    subject text NOT NULL,
    -- Of the failure that opened it: reason, and one sentence.
    reason text,
    detail text,
    execution_id uuid,
    -- Failures, or missed occurrences, so far.
    count integer NOT NULL DEFAULT 1,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closing_execution_id uuid,
    -- Why it closed without a success: its job was deleted, or changed, or the pause was ended.
    closed_reason text,
    -- When the notifier looks at it next; null: there is nothing to tell.
    look_at timestamptz,
    PRIMARY KEY (organization_id, id),
    CHECK ((job_id IS NULL) = (kind = 'breaker'))
);
CREATE UNIQUE INDEX incidents_open_of_job ON incidents (organization_id, job_id, kind) WHERE closed_at IS NULL AND job_id IS NOT NULL;
CREATE UNIQUE INDEX incidents_open_of_host ON incidents (organization_id, host) WHERE closed_at IS NULL AND job_id IS NULL;
CREATE INDEX incidents_by_time ON incidents (organization_id, opened_at DESC, id DESC);
CREATE INDEX incidents_of_job ON incidents (organization_id, job_id, opened_at DESC) WHERE job_id IS NOT NULL;
CREATE INDEX incidents_to_look_at ON incidents (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX incidents_pending ON incidents (organization_id, look_at) WHERE look_at IS NOT NULL;
CREATE INDEX incidents_of_subject ON incidents (organization_id, subject, closed_at);

-- What is to be told beside incidents, once for each cause: usage, billing.
CREATE TABLE notices (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL,
    facts jsonb NOT NULL,
    -- What it is told of once: '2026-11/usage_80'.
    cause text NOT NULL,
    created_at timestamptz NOT NULL,
    told_at timestamptz,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, cause)
);
CREATE INDEX notices_untold ON notices (created_at) WHERE told_at IS NULL;

-- What was told of an incident to a channel, so that nothing is told twice and a recovery only where the failure was.
CREATE TABLE tellings (
    organization_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    opening_told_at timestamptz NOT NULL,
    reminded_at timestamptz,
    closing_told_at timestamptz,
    PRIMARY KEY (organization_id, incident_id, channel_id),
    FOREIGN KEY (organization_id, incident_id) REFERENCES incidents ON DELETE CASCADE,
    FOREIGN KEY (organization_id, channel_id) REFERENCES channels ON DELETE CASCADE
);

-- Silence that people asked for, about one subject, or '*', everything. Infinity: until somebody ends it.
CREATE TABLE silences (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    subject text NOT NULL,
    until timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, subject)
);

-- One message to one channel.
CREATE TABLE deliveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    channel_id uuid NOT NULL,
    -- incident.opened, incident.continued, incident.recovered, incidents.digest, notice, test.
    event text NOT NULL,
    -- Of what it tells; null: of several subjects (a digest), or of none.
    subject text,
    incident_id uuid,
    -- What is said, before a channel's kind gives it its form.
    message jsonb NOT NULL,
    -- Mail: its row in the outbox, which says what becomes of it.
    outbox_ids uuid[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'joined')),
    tries integer NOT NULL DEFAULT 0,
    next_try_at timestamptz,
    leased_until timestamptz,
    created_at timestamptz NOT NULL,
    finished_at timestamptz,
    -- Why not, or not yet: one line, without the URL.
    error text,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, channel_id) REFERENCES channels ON DELETE CASCADE,
    CHECK ((next_try_at IS NULL) = (finished_at IS NOT NULL))
);
CREATE INDEX deliveries_due ON deliveries (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX deliveries_due_of_channel ON deliveries (organization_id, channel_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX deliveries_of_channel ON deliveries (organization_id, channel_id, created_at DESC, id DESC);
CREATE INDEX deliveries_by_time ON deliveries (organization_id, created_at DESC, id DESC);
CREATE INDEX deliveries_by_age ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

-- Each try of one: what was answered.
CREATE TABLE delivery_attempts (
    organization_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    status_code smallint,
    -- The first of the answer, as text; without the URL.
    answer text,
    error text,
    PRIMARY KEY (organization_id, delivery_id, number),
    FOREIGN KEY (organization_id, delivery_id) REFERENCES deliveries ON DELETE CASCADE
);

-- Hosts that fail an organization's jobs: transport failures and 5xx in a row. No row: none since the last answer that was well.
CREATE TABLE breakers (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    -- As host:port.
    host text NOT NULL,
    failures integer NOT NULL,
    -- Null: closed so far.
    opened_at timestamptz,
    -- Open: when one call may try whether the host is back.
    probe_at timestamptz,
    -- So many probes failed; each makes the next wait longer.
    probes integer NOT NULL DEFAULT 0,
    -- The execution that tries just now.
    probe_id uuid,
    -- The last failure: what nobody has called for a day is forgotten.
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, host)
) WITH (fillfactor = 50);
CREATE INDEX breakers_open ON breakers (organization_id, host) WHERE opened_at IS NOT NULL;

-- The host whose breaker it waits for: it has not begun, and stands in nobody's way. Null: it waits for none.
ALTER TABLE queue ADD COLUMN held_for text;
CREATE INDEX queue_held_for ON queue (organization_id, held_for, due_at) WHERE held_for IS NOT NULL;

-- The id of a job as people know it: job_ and the 128 bits in Crockford's base 32 (ID.swift). For the subjects of incidents.
CREATE FUNCTION job_subject(job uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 'job_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', substring(bits FROM n * 5 + 1 FOR 5)::bit(5)::integer + 1, 1), '' ORDER BY n)
    FROM (SELECT B'00' || ('x' || replace(job::text, '-', ''))::bit(128) AS bits) b, generate_series(0, 25) n
$$;
-- A new id that carries an instant: a UUID of version 7.
CREATE FUNCTION new_id(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

-- Addresses that mail bounces from, or whose owners complained: alerts stop, and pages say so.
CREATE TABLE suppressions (
    recipient text PRIMARY KEY,
    -- bounce, blocked, spam, unsub.
    cause text NOT NULL,
    detail text,
    since timestamptz NOT NULL
);
-- Soft bounces, counted for a week; and which of the vendor's events were seen, since they come twice.
CREATE TABLE mail_events (
    digest bytea PRIMARY KEY,
    event text NOT NULL,
    recipient text NOT NULL,
    is_soft boolean NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX mail_events_of_recipient ON mail_events (recipient, at);
CREATE INDEX mail_events_by_age ON mail_events (at);

ALTER TABLE outbox DROP CONSTRAINT outbox_status_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_status_check
    CHECK (status IN ('waiting', 'sending', 'sent', 'failed', 'unknown', 'expired', 'suppressed'));
-- What the transport's events name.
CREATE INDEX outbox_by_provider ON outbox (provider_id) WHERE provider_id IS NOT NULL;
