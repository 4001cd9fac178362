-- How people come in, whom they invite, how often anybody may ask, and what is left of those who are gone.

-- Links that were mailed: to sign in, to confirm a new address, to take a change of address back. Of no tenant. Of the token, the code
-- and the browser that asked only hashes are kept.
CREATE TABLE magic_links (
    id uuid PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('sign_in', 'new_address', 'old_address')),
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    -- The six digits that are shown where the link is opened in another browser, and typed into the one that asked.
    code_hash bytea CHECK (length(code_hash) = 32),
    browser_hash bytea CHECK (length(browser_hash) = 32),
    tries smallint NOT NULL DEFAULT 0,
    -- The address it was sent to.
    email text NOT NULL,
    -- Whose address changes; null: nobody needs to be known yet.
    user_id uuid REFERENCES users ON DELETE CASCADE,
    -- What a new user's organization is to be called.
    organization_name text,
    -- The page that was asked for.
    next_path text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CHECK ((purpose = 'sign_in') = (browser_hash IS NOT NULL)),
    CHECK ((purpose = 'sign_in') = (user_id IS NULL))
);
CREATE INDEX magic_links_of_browser ON magic_links (browser_hash) WHERE browser_hash IS NOT NULL;
CREATE INDEX magic_links_of_email ON magic_links (email);
CREATE INDEX magic_links_of_user ON magic_links (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX magic_links_over ON magic_links (expires_at);

-- Who is signed in. Found by the hash of what the browser has: on a distributed Postgres a reference table, as those above and below.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The browser as it named itself, in words, and the address it came from.
    device text NOT NULL,
    address text,
    created_at timestamptz NOT NULL,
    -- To within five minutes.
    last_used_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_age ON sessions (created_at);

-- Addresses that a user had before: what is written about them goes with the user.
CREATE TABLE former_addresses (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    email text NOT NULL,
    PRIMARY KEY (user_id, email)
);

-- Browsers that somebody has signed in with before: a sign-in from another one is told by mail.
CREATE TABLE known_browsers (
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    browser_hash bytea NOT NULL CHECK (length(browser_hash) = 32),
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, browser_hash)
);

-- Open ones only: one that is accepted, declined or revoked is gone, and the audit log has it.
CREATE TABLE invites (
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    id uuid NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    token_hash bytea NOT NULL CHECK (length(token_hash) = 32),
    -- Null: since erased, and the invite is void.
    invited_by uuid REFERENCES users ON DELETE SET NULL,
    created_at timestamptz NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, id),
    CONSTRAINT invites_email_key UNIQUE (organization_id, email)
);
CREATE UNIQUE INDEX invites_token ON invites (token_hash);
CREATE INDEX invites_of_email ON invites (email);
CREATE INDEX invites_over ON invites (expires_at);

-- Former slugs lead to the organization for some time, and nobody else can take them meanwhile.
CREATE TABLE former_slugs (
    slug text PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
    until timestamptz NOT NULL
);
CREATE INDEX former_slugs_of_organization ON former_slugs (organization_id);

-- Set when erasing begins, from where there is no way back.
ALTER TABLE organizations ADD COLUMN erasing_at timestamptz;
CREATE INDEX organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX api_keys_of_creator ON api_keys (created_by) WHERE created_by IS NOT NULL;
CREATE INDEX invites_of_inviter ON invites (invited_by) WHERE invited_by IS NOT NULL;

-- How often something was asked within the window that began last. What is counted (an address, a key) is known by a hash alone.
-- Not worth a flush: after a crash of the database counting begins anew.
CREATE UNLOGGED TABLE rate_counts (
    subject bytea PRIMARY KEY CHECK (length(subject) = 32),
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    used integer NOT NULL
);
CREATE INDEX rate_counts_over ON rate_counts (window_end);

-- What was erased, and when: all that is left of it.
CREATE TABLE erasures (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('organization', 'user')),
    erased_at timestamptz NOT NULL
);

-- An actor that has been erased since leaves the line, and takes his id out of it.
ALTER TABLE audit_log DROP CONSTRAINT audit_log_actor_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_actor_check CHECK (actor IN ('user', 'key', 'system', 'operator', 'erased'));
CREATE INDEX audit_log_of_actor ON audit_log (actor_id) WHERE actor_id IS NOT NULL;

-- Lines are added and never changed, but where a user or an organization is erased: whoever does that says so in his transaction.
CREATE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('prikke.erasing', true) = 'on' THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'the audit log is not changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_is_kept BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept();
