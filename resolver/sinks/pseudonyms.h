// SPDX-License-Identifier: Apache-2.0
//
// Names for clients that do not say who they are: "p-" and sixteen letters of an HMAC of the address, under a key of
// its epoch.
//
// Each epoch has a random key of its own, so that a pseudonym means nothing in the next one. Keys are kept in a file of
// mode 0600, apart from what has the pseudonyms, and destroyed when that is deleted: from then on the address cannot
// be found, in backups either.
//
// Threads:  any; a lock inside.
// Memory:   the keys that are kept, 40 bytes each.
// Failure:  Result with one line; without a key that could be stored there is no pseudonym.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/mutex.h"
#include "resolver/base/result.h"

namespace cenote::sinks {

/// What may be behind a pseudonym, in the order in which it is tried: addresses, then the IPv4 addresses of prefixes.
struct Candidates {
    static constexpr std::uint64_t kTriedMax = std::uint64_t{1} << 24;  // under each key

    struct Found {
        std::optional<IpAddress> client;
        std::uint64_t tried = 0;
        std::size_t keys = 0;
        bool cut = false;  // the prefixes have more addresses than are tried
    };
    std::vector<IpAddress> addresses;
    std::vector<Prefix> prefixes;
};

class Pseudonyms {
public:
    using Key = std::array<std::uint8_t, 32>;

    /// `file` need not exist. `rotate`: the length of an epoch.
    static Result<std::unique_ptr<Pseudonyms>> open(Path file, seconds rotate);

    /// Empty: the key of this time could not be stored.
    [[nodiscard]] std::string name(const IpAddress& client, WallTime at);
    /// Why the last key could not be stored; empty: it was.
    [[nodiscard]] std::string problem() const;
    /// The names of a client under all keys that are kept, the newest last.
    [[nodiscard]] std::vector<std::string> names(const IpAddress& client);
    /// The candidate behind a name, under any key that is kept. It takes long and holds no lock meanwhile; `stopping`
    /// ends it.
    [[nodiscard]] Candidates::Found find(std::string_view name, const Candidates& candidates,
                                         const std::atomic<bool>& stopping);
    /// Whether a text has the form of a pseudonym.
    [[nodiscard]] static bool is_name(std::string_view text) noexcept;
    /// Destroys the keys of epochs that ended before this time.
    Status destroy_before(WallTime time);
    void set_rotation(seconds rotate);

private:
    explicit Pseudonyms(Path file, seconds rotate) : file_(std::move(file)), rotate_(rotate) {}
    [[nodiscard]] Status store() const CENOTE_REQUIRES(mutex_);

    const Path file_;
    mutable Mutex mutex_;
    std::string problem_ CENOTE_GUARDED_BY(mutex_);
    seconds rotate_ CENOTE_GUARDED_BY(mutex_);
    struct Epoch {
        WallTime ends{};
        Key key{};
    };
    std::map<WallTime, Epoch> epochs_ CENOTE_GUARDED_BY(mutex_);  // by their start
};

}  // namespace cenote::sinks
