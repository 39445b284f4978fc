// SPDX-License-Identifier: Apache-2.0
//
// Downloads lists: several at once, each within limits of time and size, with conditional requests. Private to the
// tool. The only user of libcurl.
//
// Threads:  one; it blocks.
// Memory:   a buffer for each transfer; texts are written to files.
// Failure:  Fetched::error of each list; the file at `to` of a failed list is unusable.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::cli {

/// Validators of a response, for the next conditional request (RFC 9110 §8.8, §13.1).
struct Validators {
    std::string etag;
    std::string last_modified;
};

struct Wanted {
    std::string id;
    std::string url;
    Path to;
    Path signature_to;  // empty: none. It is fetched from the URL with ".minisig" appended
    Validators known;   // empty: the request is unconditional
};

struct Fetched {
    enum class Outcome : std::uint8_t { New, Unchanged, Failed };
    Outcome outcome = Outcome::Failed;
    std::string error;
    std::uint64_t bytes = 0;
    Validators validators;
};

struct FetchLimits {
    std::uint64_t bytes_max = std::uint64_t{512} << 20;  // after content decoding
    milliseconds total{60000};                           // of a list, with all attempts
    milliseconds connect{10000};
    milliseconds pause{500};  // before the second attempt; doubled before each later one
    int tries = 4;
    int redirects = 5;
};

/// In the order of `wanted`. `progress`: a line on stderr with the number of finished lists.
[[nodiscard]] std::vector<Fetched> fetch(std::span<const Wanted> wanted, const FetchLimits& limits, bool progress);

}  // namespace cenote::cli
