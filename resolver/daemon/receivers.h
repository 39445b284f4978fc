// SPDX-License-Identifier: Apache-2.0
//
// The receivers of hits at other machines and programs: [[log.export]] and [dnstap].
//
// Threads:  the control thread; the sinks run on the reader's thread and send on their own.
// Memory:   that of the sinks.
// Failure:  that of the sinks; problems() says so.
#pragma once

#include <memory>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/report/problems.h"
#include "resolver/sinks/dnstap_export.h"
#include "resolver/sinks/syslog_export.h"

namespace cenote::daemon {

class Receivers {
public:
    /// Takes what was enacted. A receiver whose options did not change keeps its connection and its queue.
    void apply(const config::Settings& settings, const sinks::LogOrigin& origin);
    void add_to(std::vector<std::shared_ptr<sinks::HitSink>>& all) const;
    /// Ends those that apply() left out, which takes a second at most. To be called when no hit goes to them any more.
    void end_old();
    /// The same with all.
    void end_all();

    [[nodiscard]] std::vector<report::LostReceiver> problems() const;
    [[nodiscard]] std::uint64_t syslog_lost() const noexcept;
    [[nodiscard]] std::uint64_t dnstap_lost() const noexcept;

private:
    using Export = std::shared_ptr<sinks::SyslogExport>;
    using Dnstap = std::shared_ptr<sinks::DnstapExport>;

    std::vector<Export> exports_;
    std::vector<Export> old_exports_;
    Dnstap dnstap_;
    std::vector<Dnstap> old_dnstap_;
    std::uint64_t syslog_lost_before_ = 0;  // of those that have ended
    std::uint64_t dnstap_lost_before_ = 0;
};

}  // namespace cenote::daemon
