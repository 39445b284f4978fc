// SPDX-License-Identifier: Apache-2.0
//
// Requests to find the address behind a pseudonym: one person asks with a purpose, another one approves.
//
// They are in memory only: a restart ends them, and so does kLasts.
//
// Threads:  one.
// Time:     an argument.
// Memory:   kMax requests.
// Failure:  Result with one line: what is wrong, and what to do.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "resolver/base/clock.h"
#include "resolver/base/result.h"

namespace cenote::daemon {

struct Reveal {
    std::uint64_t number = 0;
    std::string pseudonym;
    std::string purpose;
    std::string asked_by;
    WallTime asked_at{};
    std::string approved_by;  // empty: it waits
    std::string client;       // the address; empty: it was not found, or not looked for yet
};

class Reveals {
public:
    static constexpr std::size_t kMax = 20;
    static constexpr seconds kLasts{24 * 3600};

    Result<Reveal> ask(const std::string& actor, const std::string& pseudonym, const std::string& purpose,
                       WallTime now);
    /// Whether this person may approve the request now.
    Result<Reveal> check_approval(const std::string& actor, bool may_approve, std::uint64_t number, WallTime now);
    /// Notes who has approved it.
    void approve(const std::string& actor, std::uint64_t number);
    void note_client(std::uint64_t number, const std::string& client);
    /// The request with its result, for the two persons only.
    Result<Reveal> result(const std::string& actor, std::uint64_t number, WallTime now);
    void withdraw(std::uint64_t number) { requests_.erase(number); }
    [[nodiscard]] const std::map<std::uint64_t, Reveal>& all(WallTime now);

private:
    Result<Reveal*> find(std::uint64_t number, WallTime now);
    void forget_old(WallTime now);

    std::uint64_t last_ = 0;
    std::map<std::uint64_t, Reveal> requests_;
};

}  // namespace cenote::daemon
