// SPDX-License-Identifier: Apache-2.0
//
// Any list: the first byte chooses the dialect, the rest is its text. What is taken can be written down and
// read again.
#include <cstdint>
#include <cstdlib>

#include "blocklists/dialects.h"

using namespace cenote::blocklists;

namespace {

/// Names with escapes may be written down in a way that a list would not accept.
bool is_plain(std::string_view text) { return text.find('\\') == std::string_view::npos; }

void read_again(const Rule& rule) {
    const std::string text = rule.name.to_string();
    if (!is_plain(text)) return;
    std::uint32_t same = 0;
    Reading reading(ListLimits{}, [&](const Rule& again, std::uint32_t) { same += again.name == rule.name ? 1U : 0U; });
    if (!read_list(text + "\n", Format::Domains, reading) || same != 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto format = static_cast<Format>(data[0] % 8);
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
    ListLimits limits;
    limits.rules_max = 1000;
    limits.line_bytes_max = 512;
    const bool plain = is_plain(text);
    Reading reading(limits, [&](const Rule& rule, std::uint32_t line) {
        if (line == 0) std::abort();
        if (rule.trigger != Rule::Trigger::Name) return;  // addresses
        if (rule.name.labels() == 0) std::abort();
        if (plain) read_again(rule);
    });
    const auto read = read_list(text, format, reading);
    if (read && *read == Format::Auto) std::abort();
    if (reading.refused_lines().size() > limits.refused_kept_max) std::abort();
    return 0;
}
