#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over all sources, or over the files in its arguments.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --preset clang >/dev/null
if [ $# -eq 0 ]; then
    mapfile -t files < <(git ls-files 'resolver/*.cc' 'blocklists/*.cc' 'tools/*.cc')
else
    files=("$@")
fi
printf '%s\0' "${files[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy -p build/clang --quiet
