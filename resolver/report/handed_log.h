// SPDX-License-Identifier: Apache-2.0
//
// What the verb `log` hands over: the open files of the query log that may have lines of a span, put together from its
// replies.
//
// Threads: one.   Memory: the names; the files stay open as long as it lives.   Failure: an Error where files did not
// arrive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/control/protocol.h"
#include "resolver/sinks/logged_lines.h"

namespace cenote::report {

struct HandedLog {
    std::vector<sinks::OpenLogFile> files;  // the oldest first
    std::string service;                    // the id of the one in the filter
    std::string unknown;                    // which word of the filter is none of those in force; empty: none
};

class LogReplies {
public:
    /// A reply before the last.
    void take(const control::Response& part);
    Result<HandedLog> finish(const control::Response& last) &&;

private:
    HandedLog log_;
    std::vector<std::shared_ptr<const UniqueFd>> open_;
};

}  // namespace cenote::report
