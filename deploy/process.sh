# shellcheck shell=bash
# The one instance that `make up` runs: where it is, and whether it lives.
binary=$PWD/build/release/vestnik
pid_file=run/vestnik.pid
# shellcheck disable=SC2034
log_file=run/vestnik.log
export PORT=${PORT:-8080}
# shellcheck disable=SC2034
address=http://127.0.0.1:$PORT

# The process id may have gone to another program since: its executable must be ours (a rebuilt one reads "… (deleted)").
running() {
  [ -f "$pid_file" ] && [[ $(readlink "/proc/$(cat "$pid_file")/exe" 2>/dev/null) == "$binary"* ]]
}
