// SPDX-License-Identifier: Apache-2.0
//
// Lists from the web: several at once, each within limits of time and size, asked for only when they changed.
// Private to the tool. The one door to libcurl.
//
// Threads:  one; it waits.
// Memory:   a block of each transfer; texts go to files.
// Failure:  each list has its own; what was at `to` of a list that failed is to be thrown away.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::cli {

/// What a server said of a text, to be sent back the next time (RFC 9110 §13.1).
struct Validators {
    std::string etag;
    std::string last_modified;
};

struct Wanted {
    std::string id;
    std::string url;
    Path to;
    Path signature_to;  // empty: none is wanted. It is fetched from the URL with ".minisig" behind it
    Validators known;   // empty: nothing is known
};

struct Fetched {
    enum class Outcome : std::uint8_t { New, Unchanged, Failed };
    Outcome outcome = Outcome::Failed;
    std::string error;
    std::uint64_t bytes = 0;
    Validators validators;
};

struct FetchLimits {
    std::uint64_t bytes_max = std::uint64_t{512} << 20;  // unpacked
    milliseconds total{60000};                           // of a list, with all tries
    milliseconds connect{10000};
    milliseconds pause{500};  // before the second try; doubled before each later one
    int tries = 4;
    int redirects = 5;
};

/// In the order of what is wanted. `progress`: a line on stderr that tells how it goes.
[[nodiscard]] std::vector<Fetched> fetch(std::span<const Wanted> wanted, const FetchLimits& limits, bool progress);

}  // namespace cenote::cli
