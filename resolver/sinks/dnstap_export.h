// SPDX-License-Identifier: Apache-2.0
//
// [dnstap]: hits as dnstap payloads, to a receiver of Frame Streams at a Unix or TCP socket.
//
// Threads:  take() and end_round() on the reader's thread, the rest on any.
// Memory:   that of its Delivery.
// Failure:  that of its Delivery: a receiver that is dead, slow or refusing costs frames, which are counted.
#pragma once

#include <string>

#include "resolver/sinks/delivery.h"
#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

class DnstapExport final : public HitSink {
public:
    /// Of `origin`, the node and the version are used. `options` has a destination.
    DnstapExport(DnstapOptions options, LogOrigin origin, const Delivery::Options& delivery = {});

    [[nodiscard]] Scope scope() const noexcept override { return options_.what; }
    void take(const HitRecord& record) override;
    [[nodiscard]] std::optional<Scope> upstream_scope() const noexcept override { return options_.what; }
    void take_upstream(const UpstreamRecord& record) override;
    void end_round(WallTime now) override;

    [[nodiscard]] const DnstapOptions& options() const noexcept { return options_; }
    [[nodiscard]] const std::string& node() const noexcept { return origin_.node; }
    void stop() noexcept { delivery_.stop(); }
    void join() { delivery_.join(); }
    [[nodiscard]] std::uint64_t lost() const noexcept { return delivery_.lost(); }
    [[nodiscard]] std::string problem() const { return delivery_.problem(); }

private:
    const DnstapOptions options_;
    const LogOrigin origin_;
    bool pushed_ = false;
    Delivery delivery_;
};

}  // namespace cenote::sinks
