// SPDX-License-Identifier: Apache-2.0
//
// Who is signed in to the web page: links that `cenote web login` prints, each of which begins one session, and the
// sessions. A session is a person, never a right: rights are looked up whenever it is used.
//
// Threads:  one.
// Time:     an argument.
// Memory:   kLinksMax links and kSessionsMax sessions; of their tokens the digests only. A restart ends them all.
// Failure:  Result with one line: what is wrong, and what to do.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/digest.h"
#include "resolver/base/result.h"
#include "resolver/control/persons.h"

namespace cenote::daemon {

class WebSessions {
public:
    static constexpr std::size_t kLinksMax = 64;
    static constexpr std::size_t kLinksOfUserMax = 4;  // one more replaces the oldest
    static constexpr std::size_t kSessionsMax = 1000;
    static constexpr std::size_t kSessionsOfUserMax = 16;  // one more replaces the oldest
    static constexpr seconds kLinkLasts{600};
    static constexpr seconds kSessionLasts{8 * 3600};

    struct Session {
        std::string token;
        control::Person person;
        Ticks ends{};
    };

    /// The token of a link that signs this person in once.
    Result<std::string> make_link(const control::Person& person, Ticks now);
    /// Uses a link up.
    Result<Session> begin(const std::string& link, Ticks now);
    /// Signs in a person whom a proxy has identified.
    Result<Session> begin(const control::Person& person, Ticks now);
    /// nullopt: there is no such session any more.
    [[nodiscard]] std::optional<Session> find(const std::string& token, Ticks now);
    void end(const std::string& token);
    [[nodiscard]] std::size_t count() const noexcept { return sessions_.size(); }

private:
    struct Entry {
        control::Person person;
        Ticks ends{};
    };
    using Entries = std::map<Sha256Digest, Entry>;

    static void forget_ended(Entries& entries, Ticks now);
    /// Makes room for one more of this user.
    static void forget_oldest_of(Entries& entries, std::uint32_t uid, std::size_t most);

    Entries links_;
    Entries sessions_;
};

}  // namespace cenote::daemon
