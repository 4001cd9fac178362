-- By which rules of which time zones the next runs were computed, and who changed what.

-- One row for each zone that a job goes by: what the rules were when the next runs of its jobs were last computed. Of all tenants.
CREATE TABLE zone_rules (
    zone text PRIMARY KEY,
    -- SHA-256 of what the zone's clock does in the decades to come.
    fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),
    -- The release of the data, such as 2026a, or 'unknown'.
    version text NOT NULL,
    -- When the next runs were last computed by these rules.
    changed_at timestamptz NOT NULL,
    -- When a node was last seen that still goes by other rules: what it moves on has to be looked at again.
    contested_at timestamptz
);
-- The zones in use, and the jobs of one.
CREATE INDEX jobs_zones ON jobs ((schedule ->> 'timezone'), organization_id, id) WHERE deleted_at IS NULL AND schedule ? 'cron';

-- Who did what, on what, when and from where. Written in the transaction that makes the change, and never changed.
CREATE TABLE audit_log (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    -- Of version 7, so that it sorts by time.
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor IN ('user', 'key', 'system', 'operator')),
    -- Whose account or key it was; it may be gone since.
    actor_id uuid CHECK ((actor_id IS NOT NULL) = (actor IN ('user', 'key'))),
    -- What was done, such as job.next_run_moved.
    action text NOT NULL CHECK (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
    -- On what: an id as it is written outside, with its prefix.
    subject text NOT NULL,
    -- What was different, by name; null: it was not there, or is not there any more. Never a secret.
    before jsonb,
    after jsonb,
    -- By which way it came in, and from which address where there is one.
    via text NOT NULL CHECK (via IN ('page', 'api', 'sync', 'cli', 'billing', 'engine')),
    address text,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX audit_log_of_subject ON audit_log (organization_id, subject, id);
