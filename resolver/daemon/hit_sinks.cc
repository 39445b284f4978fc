// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/hit_sinks.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "resolver/base/log.h"
#include "resolver/daemon/version.h"

namespace cenote::daemon {

Path pseudonym_keys(const config::Settings& settings) { return settings.state.parent_path() / "pseudonym.keys"; }

HitSinks::HitSinks(loop::Loop& loop, telemetry::Hub& hub, const telemetry::Keys& keys)
    : hub_(hub),
      keys_(keys),
      tails_(loop,
             [this](Tails::Queues queues) {
                 tail_queues_ = std::move(queues);
                 set_sinks();
             }),
      reader_(hub, keys) {}

void HitSinks::apply(const config::Settings& settings, std::uint32_t policy_version, const std::string& policy_digest) {
    reader_.flush();  // what was recorded by now belongs to the policy before
    reader_.set_policy_version(policy_version);
    apply_privacy(settings);
    apply_history(settings.history, settings.node);
    std::set<std::string> lists;
    for (const config::ListSettings& list : settings.lists) lists.insert(list.id);
    reader_.set_lists(std::move(lists));
    const sinks::LogOrigin origin{
        .node = settings.node, .version = std::string(kVersion), .policy_digest = policy_digest};
    tails_.set_origin(origin);
    apply_log(settings.log, origin);
    receivers_.apply(settings, origin);
    set_sinks();
    receivers_.end_old();
}

/// Keys of pseudonyms are kept as long as the log that has them, also when no new pseudonyms are made.
void HitSinks::apply_privacy(const config::Settings& settings) {
    using telemetry::IdentityLevel;
    pseudonyms_kept_ = settings.log.keep;
    pseudonym_problem_.clear();
    const Path file = pseudonym_keys(settings);
    std::error_code none;
    const bool are_kept = settings.privacy.identity != IdentityLevel::None || std::filesystem::exists(file, none);
    if (pseudonyms_ == nullptr && are_kept) {
        auto opened = sinks::Pseudonyms::open(file, settings.privacy.rotate);
        if (opened)
            pseudonyms_ = std::move(*opened);
        else
            pseudonym_problem_ = fmt::format("clients get no pseudonyms: {}", opened.error().text);
    }
    if (pseudonyms_ != nullptr) pseudonyms_->set_rotation(settings.privacy.rotate);
    identity_ = settings.privacy.identity;
    client_name_ = [names = pseudonyms_](const IpAddress& client, IdentityLevel level, WallTime at) {
        if (level == IdentityLevel::Address) return client.to_string();
        return names == nullptr ? std::string() : names->name(client, at);
    };
    reader_.set_client_name(identity_ == IdentityLevel::None ? nullptr : client_name_);
}

std::string HitSinks::name_client(const IpAddress& client) const {
    return identity_ == telemetry::IdentityLevel::None ? std::string() : client_name_(client, identity_, wall_now());
}

void HitSinks::apply_history(const history::Options& options, const std::string& node) {
    if (history_ != nullptr && options.file == history_options_.file) {
        if (options != history_options_) history_->set_options(options);
        history_options_ = options;
        return;
    }
    history_options_ = options;
    history_.reset();
    history_problem_.clear();
    if (options.file.empty()) return;
    auto opened = history::Store::open(options.file, node, wall_now());
    if (!opened) {
        history_problem_ = fmt::format("nothing is counted over time: {}", opened.error().text);
        log::error("{}", history_problem_);
        return;
    }
    history_problem_ = opened->problem;
    if (!history_problem_.empty()) log::error("{}", history_problem_);
    history_ = std::make_shared<history::History>(std::move(opened->store), options, hub_, keys_);
}

void HitSinks::apply_log(const sinks::LogOptions& options, const sinks::LogOrigin& origin) {
    if (options == log_options_) {
        if (log_ != nullptr) log_->set_origin(origin);
        return;
    }
    if (log_ != nullptr) lost_before_ += log_->lost();
    log_.reset();
    log_options_ = options;
    if (options.file.empty()) return;
    log_ = std::make_shared<sinks::LogFile>(options, origin, [this](const sinks::ClosedLog& closed) {
        const MutexLock lock(closed_mutex_);
        closed_.push_back(closed);
    });
}

void HitSinks::set_sinks() {
    std::vector<std::shared_ptr<sinks::HitSink>> all;
    if (history_ != nullptr) all.push_back(history_);
    if (log_ != nullptr) all.push_back(log_);
    receivers_.add_to(all);
    all.insert(all.end(), tail_queues_.begin(), tail_queues_.end());
    seed_ = history_ == nullptr ? 0 : history_->seed();
    reader_.set_sinks(std::move(all), seed_);
}

std::vector<sinks::ClosedLog> HitSinks::observe() {
    if (history_ != nullptr && history_->seed() != seed_) set_sinks();
    destroy_old_keys(wall_now(), ticks_now());
    const MutexLock lock(closed_mutex_);
    return std::exchange(closed_, {});
}

/// A clock that jumps ahead may be wrong, and a destroyed key is gone: keys are then kept for another hour.
void HitSinks::destroy_old_keys(WallTime now, Ticks ticks) {
    constexpr seconds kJump{60};
    constexpr seconds kWait{3600};
    if (observed_ != WallTime() && now - observed_ > kJump) destroy_from_ = ticks + kWait;
    observed_ = now;
    if (pseudonyms_ == nullptr || ticks < destroy_from_) return;
    if (auto destroyed = pseudonyms_->destroy_before(now - pseudonyms_kept_); !destroyed)
        pseudonym_problem_ = destroyed.error().text;
}

void HitSinks::stop() {
    reader_.set_sinks({}, 0);
    log_.reset();
    history_.reset();
    receivers_.end_all();
    tails_.end_all("cenoted stops, and the tail ends");
}

std::vector<std::string> HitSinks::problems() const {
    std::vector<std::string> all;
    if (!history_problem_.empty()) all.push_back(history_problem_);
    if (!pseudonym_problem_.empty()) all.push_back(pseudonym_problem_);
    if (pseudonyms_ != nullptr)
        if (auto problem = pseudonyms_->problem(); !problem.empty())
            all.push_back(fmt::format("clients get no pseudonyms: their key cannot be stored: {}", problem));
    if (history_ != nullptr)
        if (auto problem = history_->problem(); !problem.empty())
            all.push_back(fmt::format("the history is not written: {}", problem));
    if (log_ != nullptr)
        if (auto problem = log_->problem(); !problem.empty())
            all.push_back(fmt::format("the log is not written: {}", problem));
    return all;
}

}  // namespace cenote::daemon
