// SPDX-License-Identifier: Apache-2.0
//
// Names for clients that do not say who they are: "p-" and sixteen letters of an HMAC of the address, under a key of
// its epoch.
//
// Each epoch has a random key of its own, so that a pseudonym means nothing in the next one. Keys are kept in a file of
// mode 0600, apart from what has the pseudonyms, and destroyed when that is deleted: from then on nobody can find the
// address, in backups either.
//
// Threads:  any; a lock inside.
// Memory:   the keys that are kept, 40 bytes each.
// Failure:  Result with one line; without a key that could be stored there is no pseudonym.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/mutex.h"
#include "resolver/base/result.h"

namespace cenote::sinks {

class Pseudonyms {
public:
    using Key = std::array<std::uint8_t, 32>;

    /// `file` need not exist. `rotate`: the length of an epoch.
    static Result<std::unique_ptr<Pseudonyms>> open(Path file, seconds rotate);

    /// Empty: the key of this time could not be stored.
    [[nodiscard]] std::string name(const IpAddress& client, WallTime at);
    /// Destroys the keys of epochs that ended before this time.
    Status destroy_before(WallTime time);
    void set_rotation(seconds rotate);

private:
    explicit Pseudonyms(Path file, seconds rotate) : file_(std::move(file)), rotate_(rotate) {}
    [[nodiscard]] Status store() const CENOTE_REQUIRES(mutex_);

    const Path file_;
    Mutex mutex_;
    seconds rotate_ CENOTE_GUARDED_BY(mutex_);
    struct Epoch {
        WallTime ends{};
        Key key{};
    };
    std::map<WallTime, Epoch> epochs_ CENOTE_GUARDED_BY(mutex_);  // by their start
};

}  // namespace cenote::sinks
