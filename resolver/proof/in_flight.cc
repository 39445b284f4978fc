// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/in_flight.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "resolver/wire/answer.h"

namespace cenote::proof {
namespace {

Observation no_answer(std::string why) {
    Observation none;
    none.why = std::move(why);
    return none;
}

/// Whether the reply is what a query over [limits].rate of the node gets, or one that is too large for its transport.
bool is_put_off(const Observation& seen) {
    constexpr auto kRateLimited = static_cast<std::uint16_t>(wire::EdeCode::RateLimited);
    if (seen.outcome != Outcome::Answered) return false;
    if (seen.rcode == wire::Rcode::Refused) return std::ranges::find(seen.errors, kRateLimited) != seen.errors.end();
    return seen.truncated && seen.answers.empty();
}

}  // namespace

void InFlight::begin(std::uint64_t place, const Check& check, const Question& question, bool silence, Ticks now,
                     const Send& send) {
    while (waiting_.contains(next_id_)) ++next_id_;
    std::array<std::uint8_t, 512> query;
    const std::size_t size = write_query(question, next_id_, query);
    Waiting waiting{.place = place,
                    .check = check,
                    .query = {query.begin(), query.begin() + static_cast<long>(size)},
                    .tries = 1,
                    .silence = silence,
                    .sent = now};
    const auto& kept = waiting_.emplace(next_id_++, std::move(waiting)).first->second;
    send(kept.query);
}

void InFlight::take(ByteView message, const SendWith& send, const End& end) {
    if (message.size() < wire::kHeaderSize) return;
    const auto found = waiting_.find(load_u16(message.data()));
    if (found == waiting_.end()) return;
    // The case of the letters is judged, and not part of the match: another case is a finding and no forgery.
    if (wire::match_reply(message, found->second.query, false) != wire::MatchStatus::Match) return;
    Observation seen = read_reply(message, found->second.query);
    const bool may_try_again = found->second.tries < kTries;
    if (may_try_again && seen.rcode == wire::Rcode::BadCookie && !seen.cookie.empty()) {
        ++found->second.tries;
        return send(seen.cookie, found->second.query);
    }
    if (may_try_again && is_put_off(seen) && !found->second.silence) return;  // look() asks again
    const Waiting waiting = std::move(found->second);
    waiting_.erase(found);
    end({waiting.place, waiting.check, std::move(seen)});
}

bool InFlight::try_again(Waiting& waiting, Ticks now, const std::string& why, const Send& send, const End& end) const {
    if (waiting.silence || waiting.tries >= kTries) {
        end({waiting.place, waiting.check, no_answer(why)});
        return false;
    }
    ++waiting.tries;
    waiting.sent = now;
    send(waiting.query);
    return true;
}

void InFlight::look(Ticks now, const Send& send, const End& end) {
    const std::string why = fmt::format("no answer after {} tries", kTries);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        const bool stays = now - at->second.sent < patience_ || try_again(at->second, now, why, send, end);
        at = stays ? std::next(at) : waiting_.erase(at);
    }
}

void InFlight::resend(Ticks now, const Send& send) {
    for (auto& [id, waiting] : waiting_) {
        waiting.sent = now;
        send(waiting.query);
    }
}

void InFlight::give_up(const std::string& why, const End& end) {
    for (auto& [id, waiting] : waiting_) end({waiting.place, waiting.check, no_answer(why)});
    waiting_.clear();
}

std::optional<Ticks> InFlight::due() const {
    std::optional<Ticks> first;
    for (const auto& [id, waiting] : waiting_)
        first = first ? std::min(*first, waiting.sent + patience_) : waiting.sent + patience_;
    return first;
}

}  // namespace cenote::proof
