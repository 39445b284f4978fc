// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/metric_values.h"

#include <algorithm>
#include <charconv>

namespace cenote::pages {
namespace {

/// Reads `name="value",…}` and takes it away with the bracket; false: it is none.
bool take_labels(std::string_view& line, std::map<std::string, std::string>& labels) {
    while (!line.starts_with('}')) {
        const auto equals = line.find("=\"");
        if (equals == std::string_view::npos) return false;
        std::string value;
        std::size_t at = equals + 2;
        for (; at < line.size() && line[at] != '"'; ++at) {
            if (line[at] == '\\' && at + 1 < line.size()) {
                ++at;
                value += line[at] == 'n' ? '\n' : line[at];
            } else {
                value += line[at];
            }
        }
        if (at >= line.size()) return false;
        labels.emplace(line.substr(0, equals), std::move(value));
        line.remove_prefix(at + 1);
        if (line.starts_with(',')) line.remove_prefix(1);
    }
    line.remove_prefix(1);
    return true;
}

}  // namespace

MetricValues::MetricValues(std::string_view text) {
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        const auto name_end = line.find_first_of("{ ");
        if (name_end == std::string_view::npos) continue;
        const std::string name(line.substr(0, name_end));
        line.remove_prefix(name_end);
        MetricValue read;
        if (line.starts_with('{')) {
            line.remove_prefix(1);
            if (!take_labels(line, read.labels)) continue;
        }
        while (line.starts_with(' ')) line.remove_prefix(1);
        const auto number = std::from_chars(line.data(), line.data() + line.size(), read.value);
        if (number.ec == std::errc()) values_[name].push_back(std::move(read));
    }
}

const std::vector<MetricValue>& MetricValues::of(const std::string& name) const {
    static const std::vector<MetricValue> kNone;
    const auto found = values_.find(name);
    return found == values_.end() ? kNone : found->second;
}

std::optional<double> MetricValues::one(const std::string& name) const {
    const auto& values = of(name);
    if (values.size() != 1 || !values.front().labels.empty()) return std::nullopt;
    return values.front().value;
}

std::optional<double> MetricValues::labelled(const std::string& name, const std::string& label,
                                             const std::string& value) const {
    const auto& values = of(name);
    const auto found = std::ranges::find_if(values, [&](const MetricValue& each) {
        const auto has = each.labels.find(label);
        return has != each.labels.end() && has->second == value;
    });
    return found == values.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace cenote::pages
