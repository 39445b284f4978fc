#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ file of the tree; --check only prints the files that would change, and fails if there are any.
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1-} in
    '') git ls-files -z '*.cc' '*.h' | xargs -0 clang-format -i ;;
    --check) git ls-files -z '*.cc' '*.h' | xargs -0 clang-format --dry-run --Werror ;;
    *) echo "usage: tools/dev/format.sh [--check]" >&2; exit 2 ;;
esac
