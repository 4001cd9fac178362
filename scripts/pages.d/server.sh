# A server in development with a demo organization, on a port and data of its own, gone when the script ends. Sets PRIKKE_URL.

start_server() {
    need_swift
    swift build --product prikke >&2
    data=$(mktemp -d)
    trap 'kill -TERM "$server" 2>/dev/null && wait "$server" || true; rm -rf "$data"' EXIT
    PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PORT PRIKKE_DATA_DIR=$data/data PRIKKE_ENV=development
    for name in "${!PG@}" DATABASE_URL DATABASE_URL_FILE; do unset "$name"; done
    PRIKKE_URL=http://127.0.0.1:$PORT
    .build/debug/prikke serve 2>"$data/log" &
    server=$!
    until (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || die "The server did not start: $(cat "$data/log")"
        sleep 0.1
    done
    .build/debug/prikke seed >/dev/null
}
