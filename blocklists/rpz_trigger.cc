// SPDX-License-Identifier: Apache-2.0
#include "blocklists/rpz_trigger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "blocklists/listed_name.h"
#include "resolver/base/letter_case.h"

namespace cenote::blocklists {
namespace {

constexpr std::array<std::pair<std::string_view, Rule::Trigger>, 2> kAddresses{
    {{".rpz-ip", Rule::Trigger::ResponseIp}, {".rpz-client-ip", Rule::Trigger::ClientIp}}};
constexpr std::array<std::string_view, 2> kNotSupported{".rpz-nsip", ".rpz-nsdname"};

std::vector<std::string_view> reversed_labels(std::string_view text) {
    std::vector<std::string_view> labels;
    while (!text.empty()) {
        const auto dot = text.rfind('.');
        labels.push_back(text.substr(dot == std::string_view::npos ? 0 : dot + 1));
        text = dot == std::string_view::npos ? std::string_view() : text.substr(0, dot);
    }
    return labels;
}

bool ends_with_folded(std::string_view text, std::string_view ending) {
    return text.size() > ending.size() && equal_folded(text.substr(text.size() - ending.size()), ending);
}

RpzRule read_trigger(std::string_view text, std::string& why) {
    RpzRule read;
    for (const auto ending : kNotSupported) {
        if (!ends_with_folded(text, ending)) continue;
        read.understood = true;
        read.applies = false;
        return read;
    }
    for (const auto& [ending, trigger] : kAddresses) {
        if (!ends_with_folded(text, ending)) continue;
        const auto prefix = parse_rpz_prefix(text.substr(0, text.size() - ending.size()));
        if (!prefix) {
            why = fmt::format("'{}' is no prefix of addresses", text);
            return read;
        }
        read.understood = true;
        read.rule.trigger = trigger;
        read.rule.prefix = *prefix;
        return read;
    }
    read.rule.kind = domainset::MatchKind::Exact;
    if (text.starts_with("*.")) {
        read.rule.kind = domainset::MatchKind::Below;
        text.remove_prefix(2);
    }
    const auto name = parse_listed_name(text, why);
    if (!name) return read;
    read.understood = true;
    read.rule.name = *name;
    return read;
}

}  // namespace

std::optional<Prefix> parse_rpz_prefix(std::string_view text) {
    auto labels = reversed_labels(text);
    if (labels.size() < 2) return std::nullopt;
    const auto length = labels.back();
    labels.pop_back();
    std::string address;
    if (labels.size() == 4 && std::find(labels.begin(), labels.end(), "zz") == labels.end()) {
        address = fmt::format("{}", fmt::join(labels, "."));
    } else {
        for (const auto label : labels) {
            if (!address.empty() && !address.ends_with("::")) address += ':';
            if (label != "zz")
                address += label;
            else
                address += address.empty() ? "::" : ":";
        }
    }
    return Prefix::parse(fmt::format("{}/{}", address, length));
}

std::string rpz_prefix_to_text(const Prefix& prefix) {
    std::string text = std::to_string(prefix.length());
    const auto& octets = prefix.ip().octets();
    if (prefix.ip().is_v4()) {
        for (std::size_t i = 16; i > 12; --i) text += fmt::format(".{}", octets[i - 1]);
        return text;
    }
    for (std::size_t i = 16; i > 0; i -= 2)
        text += fmt::format(".{:x}", static_cast<unsigned>(octets[i - 2]) << 8 | octets[i - 1]);
    return text;
}

RpzRule read_rpz_record(std::string_view owner, std::optional<std::string_view> cname, std::string& why) {
    RpzRule read = read_trigger(owner, why);
    if (!cname || !read.understood) return read;  // a record of another type is local data: the name is sinkholed
    if (cname->size() > 1 && cname->ends_with('.')) cname->remove_suffix(1);
    if (equal_folded(*cname, "rpz-tcp-only")) read.applies = false;
    // Before "rpz-passthru" existed a CNAME to the owner itself had its meaning.
    read.rule.exception = equal_folded(*cname, "rpz-passthru") || equal_folded(*cname, owner);
    return read;
}

}  // namespace cenote::blocklists
