# SPDX-License-Identifier: Apache-2.0
# Sourced by tools/test and tools/dev/check: one line for each step, its output in a file.

# step LOG NAME COMMAND...: runs the command with its output in LOG and prints its duration; after a failure also the end of LOG.
step() {
    local log=$1 name=$2 started=$SECONDS
    shift 2
    printf '%-12s' "$name"
    if "$@" >"$log" 2>&1; then
        echo "ok in $((SECONDS - started)) s"
    else
        echo "FAILED after $((SECONDS - started)) s"
        tail -n 60 "$log"
        return 1
    fi
}
