# SPDX-License-Identifier: Apache-2.0
# Sourced by tools/quickstart and tools/package: the release build, and one line of progress within 80 columns.

took() {  # SECONDS: the same as text
    if [ "$1" -ge 60 ]; then echo "$(($1 / 60)) min $(($1 % 60)) s"; else echo "$1 s"; fi
}

doing() { [ ! -t 1 ] || printf '\r\033[K%s' "$1"; }  # a line that the next call replaces, on a terminal only
finished() {
    [ ! -t 1 ] || printf '\r\033[K'
    echo "$1"
}

# build_release LOG TEXT [OPTION...]: builds everything except tests in build/release, configured with these options; the
# progress line is TEXT and the count of steps.
build_release() {
    local log=$1 text=$2 line count
    shift 2
    export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$PWD}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
    doing "$text"
    cmake --preset release -DCENOTE_REVISION="$(git rev-parse --short=12 HEAD 2>/dev/null)" "$@" >>"$log" 2>&1 || return 1
    cmake --build --preset release -j "$(nproc)" 2>&1 | while IFS= read -r line; do
        printf '%s\n' "$line" >>"$log"
        [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
        count="${BASH_REMATCH[1]} of ${BASH_REMATCH[2]}"
        doing "$text, $count (some minutes the first time)"
    done
}
