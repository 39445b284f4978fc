// SPDX-License-Identifier: Apache-2.0
//
// [[log.export]]: the lines of the query log as syslog messages (RFC 5424), to a receiver of its own: one datagram each
// over UDP (RFC 5426), with a count of octets over TCP (RFC 6587 §3.4.1) and TLS (RFC 5425).
//
// Threads:  take() and end_round() on the reader's thread, the rest on any.
// Memory:   that of its Delivery.
// Failure:  that of its Delivery: a receiver that is dead, slow or refusing costs lines, which are counted.
#pragma once

#include <memory>
#include <string>

#include "resolver/base/mutex.h"
#include "resolver/sinks/delivery.h"
#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

class SyslogExport final : public HitSink {
public:
    SyslogExport(ExportOptions options, LogOrigin origin, const Delivery::Options& delivery = {});

    [[nodiscard]] Scope scope() const noexcept override { return options_.what; }
    void take(const HitRecord& record) override;
    void end_round(WallTime now) override;

    [[nodiscard]] const ExportOptions& options() const noexcept { return options_; }
    /// For the lines from now on; the connection stays.
    void set_origin(const LogOrigin& origin);
    void stop() noexcept { delivery_.stop(); }
    void join() { delivery_.join(); }
    [[nodiscard]] std::uint64_t lost() const noexcept { return delivery_.lost(); }
    [[nodiscard]] std::string problem() const { return delivery_.problem(); }

private:
    const ExportOptions options_;
    std::uint64_t sequence_ = 0;
    bool pushed_ = false;
    Mutex mutex_;
    LogOrigin origin_ CENOTE_GUARDED_BY(mutex_);
    Delivery delivery_;
};

/// The message without a count of octets. A byte order mark precedes a line that is not ASCII (RFC 5424 §6.4).
[[nodiscard]] std::string syslog_message(WallMicros at, std::string_view node, std::string_view line);

}  // namespace cenote::sinks
