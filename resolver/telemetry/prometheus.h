// SPDX-License-Identifier: Apache-2.0
//
// Metrics as text for Prometheus (exposition format 0.0.4).
//
// Threads:  any. Control plane.
// Memory:   the text.
// Failure:  none; label values are escaped, so that no name can forge a line.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "resolver/telemetry/telemetry.h"

namespace cenote::telemetry {

class Exposition {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// The head of the samples that follow: `name` without "cenote_", `type` counter, gauge or histogram.
    void family(std::string_view name, std::string_view type, std::string_view help);
    void sample(std::string_view name, Labels labels, double value);
    /// A metric of the process, whose names begin with "process_" by custom.
    void process(std::string_view name, std::string_view type, std::string_view help, double value);
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

/// Everything that docs/METRICS.md lists.
/// `smallest`: smaller numbers of clients are left out.
void expose(const Metrics& metrics, const Keys& keys, std::uint64_t smallest, Exposition& out);

}  // namespace cenote::telemetry
