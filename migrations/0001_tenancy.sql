-- Who there is: organizations, the people in them, the keys their programs use, and the numbers each was granted.
-- Times that decide anything are written by the program from the database's clock; no default says now().

CREATE TABLE organizations (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- Stands in every URL; reserved words are refused by the program.
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9-]{3,40}$'),
    timezone text NOT NULL DEFAULT 'UTC',
    created_at timestamptz NOT NULL,
    deleted_at timestamptz,
    CONSTRAINT organizations_slug_key UNIQUE (slug)
);

-- Plain numbers, written by billing and read by everybody else; null is "unlimited". A reader that remembers them
-- looks at `version`; a grant past `valid_until` counts as Free.
CREATE TABLE entitlements (
    organization_id uuid PRIMARY KEY REFERENCES organizations ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT 1,
    plan text NOT NULL,
    valid_until timestamptz,
    jobs integer CHECK (jobs >= 0),
    executions_per_month bigint CHECK (executions_per_month >= 0),
    shortest_interval_s integer NOT NULL CHECK (shortest_interval_s >= 1),
    keep_days smallint NOT NULL CHECK (keep_days IN (7, 30, 90)),
    members integer CHECK (members >= 1),
    concurrency integer NOT NULL CHECK (concurrency >= 1),
    timeout_s integer NOT NULL CHECK (timeout_s >= 1),
    -- The kinds of job it may use; null is "all that the operator enabled".
    plugins text[]
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    -- Canonical (lower case, checked by the program), so that equal addresses are equal bytes.
    email text NOT NULL CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX memberships_of_user ON memberships (user_id);

-- Looked up by `id` alone, before anybody knows the organization: on a distributed Postgres this is a reference table.
-- Only hashes of secrets are kept. During a rotation the previous secret holds until `previous_until`.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    scopes text[] NOT NULL CHECK (scopes <@ ARRAY['read', 'write', 'manage'] AND cardinality(scopes) >= 1),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    previous_secret_hash bytea CHECK (length(previous_secret_hash) = 32),
    previous_until timestamptz,
    created_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    CHECK ((previous_secret_hash IS NULL) = (previous_until IS NULL))
);
CREATE INDEX api_keys_of_organization ON api_keys (organization_id, id);

-- What an organization's outgoing requests are signed with (Standard Webhooks), sealed with the program's own key.
-- Two may be active while receivers change over; the newest comes first in the header.
CREATE TABLE signing_secrets (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
