# What the scripts share: the toolchain and the Debian packages. Sourced by bash, also in the Dockerfile; never run.

# To build: the system's libraries that Prikke is linked with, and how to find them.
build_packages=(libpq-dev libcurl4-openssl-dev libssl-dev libxml2-dev zlib1g-dev libcmark-gfm-dev libcmark-gfm-extensions-dev pkg-config)
# To run on a machine of one's own: the private Postgres, time zones, and curl for the lines we print.
machine_packages=(postgresql tzdata curl)
# To test: targets that speak TLS and HTTP/2, what scripts/chaos is written in, where schemathesis is put, and a browser.
test_packages=(openssl nghttp2-server python3 python3-venv chromium chromium-driver)
# To run in the image: what the binary is linked with, time zones, certificates, and curl for the health check.
image_packages=(libpq5 libcurl4 libssl3 zlib1g libcmark-gfm0.29.0.gfm.6 libcmark-gfm-extensions0.29.0.gfm.6 tzdata ca-certificates curl)

say() { echo "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# Puts Swift on PATH, or says where it is to be had.
need_swift() {
    command -v swift >/dev/null || PATH=$PATH:/opt/swift/usr/bin
    command -v swift >/dev/null || die "Swift 6.3 or newer is needed, on PATH or in /opt/swift: https://www.swift.org/install/linux/"
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p')
    printf '%s\n' 6.3 "$version" | sort --version-sort --check=quiet || die "Swift 6.3 or newer is needed; this is $version: $(command -v swift)"
}

# Makes .build/release/prikke; options go to `swift build`.
build_release() { swift build --configuration release --product prikke "$@"; }

# Installs those of the packages named that are missing; whoever is not root is told the command.
need_packages() {
    command -v apt-get >/dev/null || {
        say "This is not Debian: what its packages $* hold must be there."
        return
    }
    local package missing=()
    for package; do has_package "$package" || missing+=("$package"); done
    [ ${#missing[@]} = 0 ] && return
    local install=(apt-get install --yes --no-install-recommends "${missing[@]}")
    [ "$(id -u)" = 0 ] || die "Packages are missing. Install them, then start this again:
    sudo apt-get update && sudo ${install[*]}"

    say "Installing ${missing[*]}."
    local clusters_before
    clusters_before=$(clusters)
    # The lists of a fresh machine are empty, those of an old one name files that are gone: only then are they fetched.
    "${install[@]}" --simulate >/dev/null 2>&1 || apt-get update </dev/null
    export DEBIAN_FRONTEND=noninteractive
    "${install[@]}" </dev/null || { apt-get update </dev/null && "${install[@]}" </dev/null; }
    rest_new_clusters "$clusters_before"
}

# A server of any version, from anywhere, will do for `postgresql`.
has_package() {
    if [ "$1" = postgresql ] && { command -v initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb'; } >/dev/null; then return; fi
    dpkg-query --show --showformat '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

clusters() { if command -v pg_lsclusters >/dev/null; then pg_lsclusters --no-header | awk '{ print $1, $2 }'; fi; }

# Installing Debian's postgresql makes and starts a cluster, which nobody asked for here: it is stopped, and will not start
# with the machine. One that was there before is none of our business.
rest_new_clusters() {
    local version name
    while read -r version name; do
        [ -n "$name" ] || continue
        say "Stopping the cluster $version/$name, which Debian's package has just made; Prikke brings its own."
        # 2: it was not running.
        pg_ctlcluster "$version" "$name" stop --mode fast || [ $? = 2 ]
        sed -i 's/^auto\b/manual/' "/etc/postgresql/$version/$name/start.conf"
    done < <(comm -13 <(sort <<<"$1") <(clusters | sort))
}
