// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/state.h"

namespace cenote::state {
namespace {

class UnusableState final : public StateReader {
public:
    explicit UnusableState(std::string why) : why_{std::move(why)} {}

    Result<std::vector<Rule>> rules() const override { return why_; }
    Result<std::vector<Rule>> open_rules() const override { return why_; }
    Result<std::optional<Rule>> rule(const std::string&) const override { return why_; }
    Result<std::vector<Rule>> exceptions(const std::string&, std::size_t) const override { return why_; }
    Result<std::vector<std::pair<std::string, Record>>> records_of(const std::string&) const override { return why_; }
    Result<std::vector<Use>> uses() const override { return why_; }
    Result<Use> use(const std::string&) const override { return why_; }
    Result<std::optional<PolicyVersion>> policy_at(WallTime) const override { return why_; }
    Result<std::uint32_t> highest_version() const override { return why_; }
    Result<std::vector<std::pair<std::string, Record>>> history() const override { return why_; }
    Result<std::vector<std::pair<std::string, Record>>> history_after(const std::string&, std::uint64_t,
                                                                      std::size_t) const override {
        return why_;
    }
    Result<std::vector<Record>> records_before(std::uint64_t, Looks, std::size_t) const override { return why_; }
    Result<std::vector<Rule>> rules_after(const std::string&, std::size_t) const override { return why_; }
    Result<TrailMark> trail_mark() const override { return why_; }
    Result<std::optional<Record>> last_start_or_stop() const override { return why_; }
    Result<std::string> next_id(const std::string&) const override { return why_; }
    Result<std::optional<StoredConfiguration>> configuration() const override { return why_; }
    Result<std::optional<WallTime>> latest_time() const override { return why_; }

private:
    Error why_;
};

}  // namespace

std::unique_ptr<const StateReader> unusable_state(std::string why) {
    return std::make_unique<const UnusableState>(std::move(why));
}

}  // namespace cenote::state
