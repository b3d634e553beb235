#!/bin/bash
# Parley as a benchmark peer. usage: parley.sh [--mam on|off] [--auth plain|hashed] start|stop|pids|register N|version
# env: PEER_DIR (default /tmp/peers/parley) PORT (15222) HTTP_PORT (15280) PASS (secret) DATABASE (a database URL)
# Accounts are u0000, u0001, ... on the domain localhost. SASL PLAIN without TLS is allowed here, on loopback only.
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PEER_DIR=${PEER_DIR:-/tmp/peers/parley}
MAM=off AUTH=plain CMD='' N=10100
while [ $# -gt 0 ]; do case $1 in
  --mam) MAM=$2; shift 2;; --auth) AUTH=$2; shift 2;; --mam-store) shift 2;;
  start|stop|pids|version) CMD=$1; shift;; register) CMD=register; N=${2:-10100}; shift $#;;
  *) echo "unknown $1" >&2; exit 2;; esac; done
PASS=${PASS:-secret} PORT=${PORT:-15222} HTTP_PORT=${HTTP_PORT:-15280}
parley() { "$ROOT/bin/parley" "$@" --config "$PEER_DIR/parley.yaml"; }
conf() {
  mkdir -p "$PEER_DIR/data"
  # Hashed passwords with the rounds that the peers use; the fewest that are allowed where they keep passwords in plain.
  local rounds=4096; [ "$AUTH" = hashed ] && rounds=10000
  local modules='muc: { messagesPerSecond: 1000000, presencePerSecond: 1000000, creationsPerHour: 1000000 }'
  [ "$MAM" = off ] && modules="$modules, archive: false"
  cat > "$PEER_DIR/parley.yaml" <<C
data: ./data
database: ${DATABASE:-sqlite:parley.db}
hosts: { localhost: {} }
listeners:
  - { port: $PORT, addresses: [127.0.0.1], protocol: xmpp, tls: none }
  - { port: $HTTP_PORT, addresses: [127.0.0.1], protocol: http }
tls: { requireTls: false }
auth: { allowPlainWithoutTls: true, mechanisms: [SCRAM-SHA-1, PLAIN], hashes: [SHA-1], scramIterations: $rounds }
limits: { bytesPerSecond: 1 GiB, burstBytes: 1 GiB, authTimeout: 10m }
modules: { $modules }
log: { level: warn }
C
}
case $CMD in
start)
  (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && { echo "port $PORT is taken" >&2; exit 1; }
  conf; ulimit -n "$(ulimit -Hn)"
  setsid "$ROOT/bin/parley" start --config "$PEER_DIR/parley.yaml" </dev/null >"$PEER_DIR/stdout.log" 2>"$PEER_DIR/parley.log" &
  for _ in $(seq 100); do grep -q '^Parley is ready' "$PEER_DIR/stdout.log" 2>/dev/null && exit 0; sleep 0.1; done
  echo "parley did not start" >&2; tail "$PEER_DIR"/*.log >&2; exit 1;;
stop)
  p=$(cat "$PEER_DIR/data/parley.pid" 2>/dev/null); [ -n "$p" ] || exit 0
  kill "$p" 2>/dev/null; for _ in $(seq 100); do [ -d "/proc/$p" ] || exit 0; sleep 0.1; done; kill -9 "$p";;
pids) cat "$PEER_DIR/data/parley.pid";;
version) "$ROOT/bin/parley" --version;;
register)
  [ -f "$PEER_DIR/parley.yaml" ] || conf
  for i in $(seq 0 $((N - 1))); do printf 'u%04d@localhost %s\n' "$i" "$PASS"; done | parley user import - >/dev/null;;
*) echo "usage: parley.sh [--mam on|off] [--auth plain|hashed] start|stop|pids|register N|version" >&2; exit 2;;
esac
