// SPDX-License-Identifier: Apache-2.0
//
// The text that the verb `metrics` gives, read: values by name and labels. Private to pages.
//
// Threads: values.   Memory: the values.   Failure: a line that is no value is left out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::pages {

struct MetricValue {
    std::map<std::string, std::string> labels;
    double value = 0;
};

class MetricValues {
public:
    explicit MetricValues(std::string_view text);

    /// In the order of the text; none: there is no such metric.
    [[nodiscard]] const std::vector<MetricValue>& of(const std::string& name) const;
    /// The value of a metric without labels.
    [[nodiscard]] std::optional<double> one(const std::string& name) const;
    /// The value with this label.
    [[nodiscard]] std::optional<double> labelled(const std::string& name, const std::string& label,
                                                 const std::string& value) const;

private:
    std::map<std::string, std::vector<MetricValue>> values_;
};

}  // namespace cenote::pages
