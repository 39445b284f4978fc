// SPDX-License-Identifier: Apache-2.0
//
// One node over one transport: what is asked of it next, and what became of what was asked.
//
// Threads:  one.
// Time:     an argument.
// Memory:   the queries under way, and results that wait for an earlier one.
// Failure:  a node that does not answer is given up; the rest of its checks is not made.
#pragma once

#include <map>
#include <memory>

#include "resolver/proof/channel.h"
#include "resolver/proof/in_flight.h"
#include "resolver/proof/proof.h"

namespace cenote::proof {

class Lane {
public:
    Lane(const Plan& plan, const Asked& asked, const ProofOptions& options, std::vector<Deviation>& rows);

    [[nodiscard]] bool over() const noexcept { return asked_all_ && in_flight_.empty(); }
    /// Asks as much as there is room for, and takes what has come.
    void turn(Ticks now);
    void wait_for(std::vector<pollfd>& into) const { channel_->wait_for(into); }
    [[nodiscard]] std::optional<Ticks> due() const { return in_flight_.due(); }
    [[nodiscard]] std::uint64_t checks() const noexcept { return result_.checks; }
    [[nodiscard]] LaneResult finish();

private:
    void ask(Ticks now);
    void reopen(Ticks now, const std::string& why);
    void give_up(const std::string& why);
    void end(InFlight::Ended ended);
    void judge_ended(const Check& check, const Observation& seen);
    void deviate(const Check& check, const Observation& seen, const std::string& got);

    const Plan& plan_;
    Asked asked_;
    ProofOptions options_;
    std::vector<Deviation>& rows_;
    policy::ClientClass client_;
    std::unique_ptr<Channel> channel_;
    InFlight in_flight_;
    Plan::Cursor cursor_;
    bool asked_all_ = false;
    std::uint64_t begun_ = 0;                         // places given to InFlight
    std::uint64_t judged_ = 0;                        // places judged, in order
    std::size_t silent_ = 0;                          // queries without an answer, one after the other
    std::string why_silent_;                          // of the last one
    std::size_t broken_ = 0;                          // connections that broke, one after the other
    std::map<std::uint64_t, InFlight::Ended> early_;  // ended before an earlier one
    Sha256 digest_;
    LaneResult result_;
};

}  // namespace cenote::proof
