// SPDX-License-Identifier: Apache-2.0
//
// cenote report --sign KEY: a signature beside the file, FILE.minisig. It is made by the program minisign, which asks
// for the password of the key on the terminal, without echo; a key without one (minisign -G -W) is not asked for.
//
// Threads: one.   Memory: none.   Failure: Status with what to do; a signature that was there stays, unless a new one
// is made.
#pragma once

#include <string>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// `key`: the file of a secret key of minisign's.
Status sign_report(const Path& file, const Path& key);

}  // namespace cenote::cli
