// SPDX-License-Identifier: Apache-2.0
//
// Any list: what is taken can be written down and read again. Or a list of popular names: each line that ends with a
// name has its rank.
//
// Input: a byte that chooses the dialect, or popular names, then the text.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "blocklists/dialects.h"
#include "blocklists/popular.h"
#include "resolver/base/check.h"
#include "tests/fuzz/input.h"

using namespace cenote::blocklists;

namespace {

cenote::fuzz::Goal rule_read("a rule is read");
cenote::fuzz::Goal address_read("a rule about addresses is read");
cenote::fuzz::Goal line_refused("a line is refused");
cenote::fuzz::Goal guessed("a dialect is detected in the text");
cenote::fuzz::Goal popular_read("a popular name is read");

/// Names with escapes may be written down in a way that a list would not accept.
bool is_plain(std::string_view text) { return text.find('\\') == std::string_view::npos; }

void read_again(const Rule& rule) {
    const std::string text = rule.name.to_string();
    if (!is_plain(text)) return;
    std::uint32_t same = 0;
    Reading reading(ListLimits{}, [&](const Rule& again, std::uint32_t) { same += again.name == rule.name ? 1U : 0U; });
    CENOTE_CHECK(read_list(text + "\n", Format::Domains, reading) && same == 1);
}

void try_popular(std::string_view text) {
    const cenote::UniqueFd fd(::memfd_create("popular", MFD_CLOEXEC));
    CENOTE_CHECK(fd.valid() && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    const auto popular = Popular::load("/proc/self/fd/" + std::to_string(fd.get()));
    CENOTE_CHECK(popular.ok());
    std::size_t ranked = 0;
    for (cenote::fuzz::Input lines(text); !lines.empty();) {
        const auto name = cenote::wire::Name::parse(lines.line());
        if (!name || name->labels() == 0) continue;
        const std::string written = name->to_string();
        if (written.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") != std::string::npos) continue;
        const auto rank = popular->rank_of(*name);
        CENOTE_CHECK(rank && *rank >= 1 && *rank <= popular->names().size() && popular->is_or_covers(*name));
        ++ranked;
        popular_read.reach();
    }
    CENOTE_CHECK(ranked == 0 || !popular->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    cenote::fuzz::Input input(data, size);
    const std::size_t kind = input.u8() % (kFormatCount + 1);
    if (kind == kFormatCount) {
        try_popular(input.text());
        return 0;
    }
    const auto format = static_cast<Format>(kind);
    const std::string text(input.text());
    ListLimits limits;
    limits.rules_max = 1000;
    limits.line_bytes_max = 512;
    const bool plain = is_plain(text);
    Reading reading(limits, [&](const Rule& rule, std::uint32_t line) {
        CENOTE_CHECK(line != 0);
        if (rule.trigger != Rule::Trigger::Name) return address_read.reach();
        CENOTE_CHECK(rule.name.labels() != 0);
        rule_read.reach();
        if (plain) read_again(rule);
    });
    const auto read = read_list(text, format, reading);
    CENOTE_CHECK(!read || *read != Format::Auto);
    CENOTE_CHECK(reading.refused_lines().size() <= limits.refused_kept_max);
    if (!reading.refused_lines().empty()) line_refused.reach();
    if (read && format == Format::Auto) guessed.reach();
    return 0;
}
