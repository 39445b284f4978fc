# SPDX-License-Identifier: Apache-2.0
# Sourced by tools/test, tools/dev/check, tools/quickstart and tools/package: installs the missing Debian packages of some sets.

packages_of() {  # SET...: the packages of these sets, one a line
    local set
    for set in "$@"; do
        awk -v set="$set" '$1 == set { print $2 }' "$(dirname "${BASH_SOURCE[0]}")/packages.txt"
    done
}

packages_missing() {  # PACKAGE...: those of them that are not installed
    local package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

# packages_install LOG SET...: installs the missing packages and starts no service in them (a resolver would take port 53).
packages_install() {
    local log=$1 sudo='' missing
    shift
    mapfile -t missing < <(packages_missing $(packages_of "$@"))
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo=$(command -v sudo) || {
            echo "packages are missing, the user is not root, and there is no sudo. As root, run:" >&2
            echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
            return 1
        }
    fi
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    (
        if [ ! -e /usr/sbin/policy-rc.d ]; then
            trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
            trap 'exit 130' INT TERM
            # Without it packages would start their services.
            printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null || exit 1
            $sudo chmod 755 /usr/sbin/policy-rc.d || exit 1
        fi
        $sudo "${apt[@]}" install --no-install-recommends -y "${missing[@]}" ||
            { $sudo "${apt[@]}" update && $sudo "${apt[@]}" install --no-install-recommends -y "${missing[@]}"; }
    ) >>"$log" 2>&1 && return 0
    tail -n 20 "$log" >&2
    echo "could not install: ${missing[*]} (log: $log)" >&2
    return 1
}

# packages_unpack LOG FOLDER SET: puts the files of packages below FOLDER/PACKAGE and installs none, where installing would
# change the machine. For one that cannot be had there is a line on stderr, and no folder: the test that needs it is skipped,
# and the next run tries again.
packages_unpack() {
    local log=$1 folder=$2 package
    mkdir -p "$folder" || return 1
    for package in $(packages_of "$3"); do
        [ ! -d "$folder/$package" ] || continue
        package_unpack "$folder" "$package" >>"$log" 2>&1 || echo "could not unpack: $package (log: $log)" >&2
    done
}

# package_unpack FOLDER PACKAGE: each command needs the one before it. The folder gets its name when it is whole.
package_unpack() (
    cd "$1" || exit 1
    rm -rf "$2.part" "$2"_*.deb || exit 1
    apt-get -qq download "$2" || { apt-get -qq update && apt-get -qq download "$2"; } || exit 1
    dpkg-deb -x "$2"_*.deb "$2.part" && rm "$2"_*.deb && mv "$2.part" "$2"
)
