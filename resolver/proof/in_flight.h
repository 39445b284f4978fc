// SPDX-License-Identifier: Apache-2.0
//
// Queries that were sent and have no answer yet, over one transport to one node: ids, tries, times.
//
// Threads:  one.
// Time:     an argument.
// Memory:   `room` queries.
// Failure:  a reply that answers none of them is ignored. A query without an answer ends after kTries, and so does one
//           that the node puts off, because it gets too many of them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/proof/observation.h"
#include "resolver/proof/plan.h"

namespace cenote::proof {

class InFlight {
public:
    static constexpr unsigned kTries = 3;

    /// `patience`: until a try is over. `first_id`: of the first query.
    InFlight(std::size_t room, milliseconds patience, std::uint16_t first_id)
        : room_(room), patience_(patience), next_id_(first_id) {}

    struct Ended {
        std::uint64_t place = 0;  // as begin() got it
        Check check;
        Observation observation;
    };
    using Send = std::function<void(ByteView query)>;
    /// Sends a query with the cookie that the node requires of it.
    using SendWith = std::function<void(ByteView cookie, ByteView query)>;
    using End = std::function<void(Ended ended)>;

    [[nodiscard]] bool full() const noexcept { return waiting_.size() >= room_; }
    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    /// Sends a query. `silence`: no answer is expected, and one try is enough.
    void begin(std::uint64_t place, const Check& check, const Question& question, bool silence, Ticks now,
               const Send& send);
    /// Takes a message of the node.
    void take(ByteView message, const SendWith& send, const End& end);
    /// Sends again what has waited for too long, or ends it.
    void look(Ticks now, const Send& send, const End& end);
    /// The connection broke: sends every query again, which is no try more: the node has not had the time for it.
    void resend(Ticks now, const Send& send);
    /// Ends all of them without an answer.
    void give_up(const std::string& why, const End& end);
    /// When look() is due; nullopt: nothing waits.
    [[nodiscard]] std::optional<Ticks> due() const;

private:
    struct Waiting {
        std::uint64_t place = 0;
        Check check;
        std::vector<std::uint8_t> query;
        unsigned tries = 1;
        bool silence = false;
        Ticks sent{};
    };
    /// Returns whether it was sent again.
    bool try_again(Waiting& waiting, Ticks now, const std::string& why, const Send& send, const End& end) const;

    std::size_t room_;
    milliseconds patience_;
    std::uint16_t next_id_;
    std::map<std::uint16_t, Waiting> waiting_;
};

}  // namespace cenote::proof
