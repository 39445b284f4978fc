// SPDX-License-Identifier: Apache-2.0
//
// The languages that lists are written in (docs/LIST_DIALECTS.md), and how their text becomes rules.
//
// Threads:  control plane; a Reading belongs to one thread.
// Memory:   a Reading keeps counts and the first refused lines; rules go to whoever takes them.
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

[[nodiscard]] std::string_view format_to_text(Format format) noexcept;
[[nodiscard]] std::optional<Format> parse_format(std::string_view text) noexcept;

struct ListLimits {
    std::size_t file_bytes_max = std::size_t{512} << 20;
    std::size_t line_bytes_max = 4096;
    std::uint32_t rules_max = 20'000'000;
    std::size_t refused_kept_max = 10;
};

/// What one line of a list says of one name, or of addresses.
struct Rule {
    enum class Weight : std::uint8_t { Usual, Important, Cancels };
    enum class Trigger : std::uint8_t { Name, ResponseIp, ClientIp };

    wire::Name name;
    domainset::MatchKind kind = domainset::MatchKind::Exact;
    bool exception = false;
    Weight weight = Weight::Usual;  // Important: others cannot take it back; Cancels: takes back the same rule
    Trigger trigger = Trigger::Name;
    Prefix prefix{};  // of the other triggers, which have no name
};

struct RefusedLine {
    std::uint32_t line = 0;
    std::string why;
};

/// Takes what a dialect finds in a text.
class Reading {
public:
    using Take = std::function<void(const Rule&, std::uint32_t line)>;

    Reading(const ListLimits& limits, Take take) : limits_(limits), take_(std::move(take)) {}

    void rule(std::uint32_t line, const Rule& rule);
    /// A line that is understood and blocks nothing.
    void skip() noexcept { ++skipped_; }
    void refuse(std::uint32_t line, std::string why);

    [[nodiscard]] const ListLimits& limits() const noexcept { return limits_; }
    [[nodiscard]] std::uint32_t rules() const noexcept { return rules_; }
    [[nodiscard]] std::uint32_t skipped() const noexcept { return skipped_; }
    [[nodiscard]] std::uint32_t refused() const noexcept { return refused_; }
    /// The first of them.
    [[nodiscard]] const std::vector<RefusedLine>& refused_lines() const noexcept { return refused_lines_; }
    /// There was a rule more than the limit admits.
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

/// The dialect of `text` by its first lines; nullopt when it looks like none of them.
[[nodiscard]] std::optional<Format> detect(std::string_view text);

/// Reads a whole list. Auto is detected; gives the dialect that was read. An Error says why the text is no list (HTML,
/// binary, of a dialect that is not read yet, nothing in it understood, too many rules).
Result<Format> read_list(std::string_view text, Format format, Reading& reading);

}  // namespace cenote::blocklists
