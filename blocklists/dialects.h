// SPDX-License-Identifier: Apache-2.0
//
// The dialects of lists (docs/LIST_DIALECTS.md): how a text becomes rules.
//
// Threads:  control plane; a Reading belongs to one thread.
// Memory:   a Reading keeps counts and the first refused lines; rules are passed on one by one.
// Failure:  a line that is not understood is counted and kept with its reason; a text that is no list is an Error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/result.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

enum class Format : std::uint8_t { Auto, Hosts, Domains, Wildcard, Adblock, Dnsmasq, Unbound, Rpz };
inline constexpr std::size_t kFormatCount = static_cast<std::size_t>(Format::Rpz) + 1;

[[nodiscard]] std::string_view format_to_text(Format format) noexcept;
[[nodiscard]] std::optional<Format> parse_format(std::string_view text) noexcept;

struct ListLimits {
    std::size_t file_bytes_max = std::size_t{512} << 20;
    std::size_t line_bytes_max = 4096;
    std::uint32_t rules_max = 20'000'000;
    std::size_t refused_kept_max = 10;
};

/// What a list has for one name, or for a prefix of addresses.
struct Rule {
    enum class Weight : std::uint8_t { Usual, Important, Cancels };
    enum class Trigger : std::uint8_t { Name, ResponseIp, ClientIp };

    wire::Name name;
    domainset::MatchKind kind = domainset::MatchKind::Exact;
    bool exception = false;
    Weight weight = Weight::Usual;  // Important: usual rules cannot undo it; Cancels: undoes the same rule
    Trigger trigger = Trigger::Name;
    Prefix prefix{};  // for the other triggers, which have no name
};

struct RefusedLine {
    std::uint32_t line = 0;
    std::string why;
};

/// Collects what a dialect finds in a text.
class Reading {
public:
    using Take = std::function<void(const Rule&, std::uint32_t line)>;

    Reading(const ListLimits& limits, Take take) : limits_(limits), take_(std::move(take)) {}

    void rule(std::uint32_t line, const Rule& rule);
    /// Counts a line that is understood and has no effect.
    void skip() noexcept { ++skipped_; }
    void refuse(std::uint32_t line, std::string why);

    [[nodiscard]] const ListLimits& limits() const noexcept { return limits_; }
    [[nodiscard]] std::uint32_t rules() const noexcept { return rules_; }
    [[nodiscard]] std::uint32_t skipped() const noexcept { return skipped_; }
    [[nodiscard]] std::uint32_t refused() const noexcept { return refused_; }
    /// The first refused lines.
    [[nodiscard]] const std::vector<RefusedLine>& refused_lines() const noexcept { return refused_lines_; }
    /// The text has more rules than the limit.
    [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

private:
    ListLimits limits_;
    Take take_;
    std::uint32_t rules_ = 0;
    std::uint32_t skipped_ = 0;
    std::uint32_t refused_ = 0;
    std::vector<RefusedLine> refused_lines_;
    bool overflowed_ = false;
};

/// The dialect of `text` by its first lines; nullopt: none is recognised.
[[nodiscard]] std::optional<Format> detect(std::string_view text);

/// Reads a whole list and returns its dialect, which Auto detects. An Error has the reason why the text is no list
/// (HTML, binary, no line that is understood, too many rules).
Result<Format> read_list(std::string_view text, Format format, Reading& reading);

}  // namespace cenote::blocklists
