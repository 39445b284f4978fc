// SPDX-License-Identifier: Apache-2.0
#include "blocklists/list_copy.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "blocklists/minisign.h"
#include "blocklists/name_set.h"
#include "blocklists/rpz_trigger.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kSignatureBytesMax = 4096;

/// Identifies the content of a file: another file, another size or a later write gives another stamp.
std::array<std::int64_t, 4> stamp_of(const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return {};
    return {static_cast<std::int64_t>(info.st_ino), info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

// The flags in a kept rule's first byte.
constexpr std::uint8_t kKind = 0x03;
constexpr std::uint8_t kException = 0x04;
constexpr std::uint8_t kAddress = 0x08;
constexpr std::uint8_t kClientPrefix = 0x40;
constexpr int kWeightShift = 4;

/// The name or the prefix of a rule, for a message.
std::string subject_of(const Rule& rule) {
    switch (rule.trigger) {
        case Rule::Trigger::Name: break;
        case Rule::Trigger::ResponseIp: return rule.prefix.to_string();
        case Rule::Trigger::ClientIp: return "client " + rule.prefix.to_string();
    }
    return rule.name.to_string();
}

}  // namespace

Result<ListCopy> ListCopy::read(const Manifest::List& list, const Guard* guard, const ListLimits& limits) {
    const auto before = stamp_of(list.path);
    const auto text = read_file(list.path, limits.file_bytes_max);
    if (!text) return text.error();
    // A file that was renamed over it in between is complete too, whichever of the two was read.
    if (const auto after = stamp_of(list.path); after != before && after[0] == before[0])
        return Error{fmt::format("{}: it was changed while it was read; write it aside and rename it", list.from())};
    std::int64_t signed_at = 0;
    if (!list.key.empty()) {
        const auto signature = read_file(list.signature, kSignatureBytesMax);
        if (!signature) return Error{list.from() + ": it has a key and no signature: " + signature.error().text};
        const auto key = MinisignKey::parse(list.key);
        if (!key) return key.error();
        const auto good = key->verify(bytes_of(*text), *signature);
        if (!good) return Error{list.from() + ": " + good.error().text};
        signed_at = *good;
    }
    auto copy = of(*text, list.from(), list.format, guard, limits);
    if (copy) copy->signed_at_ = signed_at;
    return copy;
}

Result<ListCopy> ListCopy::read_last_good(const Manifest::List& list, const Guard* guard, const ListLimits& limits) {
    const auto text = read_file(list.last_good, limits.file_bytes_max);
    if (!text) return text.error();
    return of(*text, list.last_good.string(), list.format, guard, limits);
}

Result<ListCopy> ListCopy::of(const std::string& text, const std::string& from, Format format, const Guard* guard,
                              const ListLimits& limits) {
    ListCopy copy;
    copy.digest_ = sha256(bytes_of(text));
    Reading reading(limits, [&](const Rule& rule, std::uint32_t line) {
        auto checked = guard == nullptr ? Status(Done{}) : guard->check_rule(rule);
        if (checked)
            copy.keep(rule);
        else
            copy.left_out_.push_back({subject_of(rule), std::move(checked).error().text, line});
    });
    const auto read = read_list(text, format, reading);
    if (!read) return Error{from + ": " + read.error().text};
    copy.settle_weights();
    copy.format_ = *read;
    copy.skipped_ = reading.skipped();
    copy.refused_ = reading.refused();
    copy.refused_lines_ = reading.refused_lines();
    return copy;
}

void ListCopy::keep(const Rule& rule) {
    const bool address = rule.trigger != Rule::Trigger::Name;
    rules_.push_back(static_cast<std::uint8_t>(
        static_cast<int>(rule.kind) | (rule.exception ? kException : 0) | (address ? kAddress : 0) |
        (rule.trigger == Rule::Trigger::ClientIp ? kClientPrefix : 0) | static_cast<int>(rule.weight) << kWeightShift));
    if (address) {
        const auto& octets = rule.prefix.ip().octets();
        rules_.insert(rules_.end(), octets.begin(), octets.end());
        rules_.push_back(rule.prefix.mapped_length());
    } else {
        const auto wire = rule.name.wire();
        rules_.insert(rules_.end(), wire.begin(), wire.end());
    }
    has_addresses_ = has_addresses_ || address;
    weighs_ = weighs_ || rule.weight != Rule::Weight::Usual;
    ++count_;
}

/// Removes the usual rules that an important rule undoes, and every cancelling rule together with the rule it cancels.
void ListCopy::settle_weights() {
    using Weight = Rule::Weight;
    if (!weighs_) return;
    NameSet closed_for_good, opened_for_good, closing_cancelled, opening_cancelled;
    for_each([&](const Rule& rule) {
        if (rule.weight == Weight::Important) (rule.exception ? opened_for_good : closed_for_good).add(rule.name);
        if (rule.weight == Weight::Cancels) (rule.exception ? opening_cancelled : closing_cancelled).add(rule.name);
    });
    std::vector<std::uint8_t> all = std::move(rules_);
    rules_.clear();
    count_ = 0;
    for_each_in(all, [&](const Rule& rule) {
        const NameSet& cancelled = rule.exception ? opening_cancelled : closing_cancelled;
        const NameSet& stronger = rule.exception ? closed_for_good : opened_for_good;
        if (rule.weight == Weight::Cancels || cancelled.has(rule.name)) return;
        // An important exception overrides an important rule as well.
        if (rule.weight == Weight::Usual ? stronger.has_or_is_below(rule.name)
                                         : !rule.exception && opened_for_good.has_or_is_below(rule.name))
            return;
        keep(rule);
    });
}

domainset::AddressSpace ListCopy::address_space(domainset::AddressUse use) const {
    std::vector<Prefix> closed;
    if (!has_addresses_) return {};
    for_each([&](const Rule& rule) {
        if (rule.trigger != Rule::Trigger::Name && !rule.exception && address_use_of(rule.trigger) == use)
            closed.push_back(rule.prefix);
    });
    return domainset::space_of(std::move(closed), use);
}

void ListCopy::report_to(ListReport& report) const {
    report.format = format_;
    report.entries = count_;
    report.signed_at = signed_at_;
    report.skipped = skipped_;
    report.refused = refused_;
    report.refused_lines = refused_lines_;
    report.left_out = left_out_;
}

void ListCopy::for_each(const std::function<void(const Rule&)>& take) const { for_each_in(rules_, take); }

void ListCopy::for_each_in(const std::vector<std::uint8_t>& rules, const std::function<void(const Rule&)>& take) {
    for (std::size_t at = 0; at < rules.size();) {
        const std::uint8_t said = rules[at++];
        Rule rule;
        rule.kind = static_cast<domainset::MatchKind>(said & kKind);
        rule.exception = (said & kException) != 0;
        rule.weight = static_cast<Rule::Weight>(said >> kWeightShift & 3);
        std::size_t end = 0;
        if ((said & kAddress) != 0) {
            std::array<std::uint8_t, 16> octets{};
            std::copy_n(rules.begin() + static_cast<std::ptrdiff_t>(at), octets.size(), octets.begin());
            rule.trigger = (said & kClientPrefix) != 0 ? Rule::Trigger::ClientIp : Rule::Trigger::ResponseIp;
            rule.prefix = Prefix(IpAddress::v6(octets), rules[at + octets.size()]);
            end = octets.size() + 1;
        } else {
            CENOTE_CHECK(rule.name.read_uncompressed(ByteView(rules).subspan(at), end));
        }
        take(rule);
        at += end;
    }
}

}  // namespace cenote::blocklists
