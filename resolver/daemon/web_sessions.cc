// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/web_sessions.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/random.h"

namespace cenote::daemon {
namespace {

/// 256 bits in hexadecimal.
std::string new_token() {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
        const std::uint64_t number = random_u64();
        for (std::size_t k = 0; k < 8; ++k) bytes[i + k] = static_cast<std::uint8_t>(number >> (8 * k));
    }
    return to_hex(bytes);
}

Sha256Digest digest_of(const std::string& token) { return sha256(bytes_of(token)); }

}  // namespace

void WebSessions::forget_ended(Entries& entries, Ticks now) {
    std::erase_if(entries, [now](const auto& each) { return each.second.ends <= now; });
}

void WebSessions::forget_oldest_of(Entries& entries, std::uint32_t uid, std::size_t most) {
    std::size_t count = 0;
    auto oldest = entries.end();
    for (auto each = entries.begin(); each != entries.end(); ++each) {
        if (each->second.person.uid != uid) continue;
        ++count;
        if (oldest == entries.end() || each->second.ends < oldest->second.ends) oldest = each;
    }
    if (count >= most) entries.erase(oldest);
}

Result<std::string> WebSessions::make_link(const control::Person& person, Ticks now) {
    forget_ended(links_, now);
    forget_oldest_of(links_, person.uid, kLinksOfUserMax);
    if (links_.size() >= kLinksMax)
        return Error{fmt::format("{} links wait to be used already; try again in some minutes", links_.size())};
    std::string token = new_token();
    links_.emplace(digest_of(token), Entry{person, now + kLinkLasts});
    return token;
}

Result<WebSessions::Session> WebSessions::begin(const std::string& link, Ticks now) {
    forget_ended(links_, now);
    const auto found = links_.find(digest_of(link));
    if (found == links_.end())
        return Error{"this link was used already, or is too old; print another one with 'cenote web login'"};
    const control::Person person = found->second.person;
    links_.erase(found);
    return begin(person, now);
}

Result<WebSessions::Session> WebSessions::begin(const control::Person& person, Ticks now) {
    forget_ended(sessions_, now);
    forget_oldest_of(sessions_, person.uid, kSessionsOfUserMax);
    if (sessions_.size() >= kSessionsMax)
        return Error{fmt::format("{} sessions are open already; sign out of one", sessions_.size())};
    Session session{new_token(), person, now + kSessionLasts};
    sessions_.emplace(digest_of(session.token), Entry{person, session.ends});
    return session;
}

std::optional<WebSessions::Session> WebSessions::find(const std::string& token, Ticks now) {
    forget_ended(sessions_, now);
    const auto found = sessions_.find(digest_of(token));
    if (found == sessions_.end()) return std::nullopt;
    return Session{token, found->second.person, found->second.ends};
}

void WebSessions::end(const std::string& token) { sessions_.erase(digest_of(token)); }

}  // namespace cenote::daemon
