# SPDX-License-Identifier: Apache-2.0
# Sourced by tools/test, tools/quickstart and tools/package: makes sure that the Debian packages of some sets are there.

packages_of() {  # SET...: their packages, one a line
    local set
    for set in "$@"; do
        awk -v set="$set" '$1 == set { print $2 }' "$(dirname "${BASH_SOURCE[0]}")/packages.txt"
    done
}

packages_missing() {  # PACKAGE...: those that are not installed
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# Installs what is missing and starts no service that comes with it (a resolver would take port 53).
# packages_install LOG SET...
packages_install() {
    local log=$1 sudo='' missing
    shift
    mapfile -t missing < <(packages_missing $(packages_of "$@"))
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo=$(command -v sudo) || {
            echo "packages are missing and this is neither root nor is there sudo. As root, run:" >&2
            echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
            return 1
        }
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    (
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
            trap 'exit 130' INT TERM
            printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
            $sudo chmod 755 /usr/sbin/policy-rc.d
        fi
        $sudo "${apt[@]}" install --no-install-recommends -y "${missing[@]}" ||
            { $sudo "${apt[@]}" update && $sudo "${apt[@]}" install --no-install-recommends -y "${missing[@]}"; }
    ) >>"$log" 2>&1 && return 0
    tail -n 20 "$log" >&2
    echo "could not install: ${missing[*]} (log: $log)" >&2
    return 1
}
