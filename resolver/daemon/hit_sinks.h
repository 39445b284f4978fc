// SPDX-License-Identifier: Apache-2.0
//
// What keeps, shows and sends the hits of directives: the history and its seals, the query log and the receivers, as
// the configuration has them, and the readers of `cenote tail`.
//
// Threads:  the control thread; the sinks run on the reader's thread, the history writes on its own.
// Time:     reads the clock when the history is opened.
// Memory:   that of the sinks.
// Failure:  what cannot be opened is left out; problems() says so, and the next apply() tries again.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/daemon/history_seals.h"
#include "resolver/daemon/receivers.h"
#include "resolver/daemon/tails.h"
#include "resolver/history/history.h"
#include "resolver/report/metrics.h"
#include "resolver/sinks/hit_reader.h"
#include "resolver/sinks/log_file.h"
#include "resolver/sinks/pseudonyms.h"

namespace cenote::daemon {

/// The file of the keys of pseudonyms.
[[nodiscard]] Path pseudonym_keys(const config::Settings& settings);

class HitSinks {
public:
    HitSinks(loop::Loop& loop, telemetry::Hub& hub, const telemetry::Keys& keys);

    /// Takes what was enacted. Sinks whose options did not change go on.
    void apply(const config::Settings& settings, std::uint32_t policy_version, const std::string& policy_digest);
    /// To be called about once a second: gives the workers the seed of the month, and returns the log files that were
    /// closed since the last call.
    std::vector<sinks::ClosedLog> observe();
    /// Hands over and writes what was recorded by now, and ends the streams of `cenote tail`.
    void stop();

    /// Null: no key of a pseudonym was made, or is kept.
    [[nodiscard]] std::shared_ptr<sinks::Pseudonyms> pseudonyms() const { return pseudonyms_; }
    /// Null: there is none.
    [[nodiscard]] std::shared_ptr<sinks::LogFile> log() const { return log_; }
    /// A client as [privacy] lets it be shown now; empty: not at all.
    [[nodiscard]] std::string name_client(const IpAddress& client) const;

    /// One sentence for each sink that does not work.
    [[nodiscard]] std::vector<std::string> problems() const;
    [[nodiscard]] Tails& tails() noexcept { return tails_; }
    [[nodiscard]] HistorySeals& seals() noexcept { return seals_; }
    [[nodiscard]] const HistorySeals& seals() const noexcept { return seals_; }
    [[nodiscard]] std::vector<report::LostReceiver> lost_receivers() const { return receivers_.problems(); }
    [[nodiscard]] report::LogLost lost() const noexcept {
        return {.file = log_ == nullptr ? lost_before_ : lost_before_ + log_->lost(),
                .syslog = receivers_.syslog_lost(),
                .dnstap = receivers_.dnstap_lost()};
    }
    /// The file of the history; empty: there is none.
    [[nodiscard]] Path history_file() const { return history_ == nullptr ? Path() : history_options_.file; }
    /// The end of the last minute in the history; zero: there is no history.
    [[nodiscard]] WallTime history_written() const {
        return history_ == nullptr ? WallTime() : history_->written_until();
    }

private:
    void apply_privacy(const config::Settings& settings);
    void apply_history(const history::Options& options, const std::string& node);
    void apply_log(const sinks::LogOptions& options, const sinks::LogOrigin& origin);
    void set_sinks();
    void destroy_old_keys(WallTime now, Ticks ticks);

    telemetry::Hub& hub_;
    const telemetry::Keys& keys_;
    history::Options history_options_;
    std::shared_ptr<history::History> history_;
    HistorySeals seals_;
    std::string history_problem_;  // why there is none, or what was put aside
    sinks::LogOptions log_options_;
    std::shared_ptr<sinks::LogFile> log_;
    Tails::Queues tail_queues_;
    Tails tails_;
    std::uint64_t lost_before_ = 0;  // lines of logs before this one
    Receivers receivers_;
    Mutex closed_mutex_;
    std::vector<sinks::ClosedLog> closed_ CENOTE_GUARDED_BY(closed_mutex_);
    std::uint64_t seed_ = 0;
    std::shared_ptr<sinks::Pseudonyms> pseudonyms_;
    std::string pseudonym_problem_;
    telemetry::IdentityLevel identity_ = telemetry::IdentityLevel::None;
    sinks::HitReader::NameClient client_name_;
    seconds pseudonyms_kept_{};
    WallTime observed_{};      // the last observe()
    Ticks destroy_from_{};     // no key is destroyed before
    sinks::HitReader reader_;  // the last member: its thread uses the others
};

}  // namespace cenote::daemon
