// SPDX-License-Identifier: Apache-2.0
#include "blocklists/list_copy.h"

namespace cenote::blocklists {
namespace {

constexpr std::uint8_t kSuffix = 1;
constexpr std::uint8_t kException = 2;

}  // namespace

Result<ListCopy> ListCopy::read(const Path& path, Format format, const Guard* guard, const ListLimits& limits) {
    const auto text = read_file(path, limits.file_bytes_max);
    if (!text) return text.error();
    ListCopy copy;
    copy.digest_ = sha256({reinterpret_cast<const std::uint8_t*>(text->data()), text->size()});
    Reading reading(limits, [&](const Rule& rule, std::uint32_t line) {
        auto why = guard == nullptr || rule.exception ? std::nullopt : guard->why_not(rule.name, rule.kind);
        if (why)
            copy.left_out_.push_back({rule.name.to_string(), std::move(*why), line});
        else
            copy.keep(rule);
    });
    const auto read = read_list(*text, format, reading);
    if (!read) return Error{path.string() + ": " + read.error().text};
    copy.format_ = *read;
    copy.skipped_ = reading.skipped();
    copy.refused_ = reading.refused();
    copy.refused_lines_ = reading.refused_lines();
    return copy;
}

void ListCopy::keep(const Rule& rule) {
    const std::uint8_t suffix = rule.kind == domainset::MatchKind::Suffix ? kSuffix : 0;
    const std::uint8_t exception = rule.exception ? kException : 0;
    rules_.push_back(static_cast<std::uint8_t>(suffix | exception));
    const auto wire = rule.name.wire();
    rules_.insert(rules_.end(), wire.begin(), wire.end());
    ++count_;
}

void ListCopy::report_to(ListReport& report) const {
    report.format = format_;
    report.entries = count_;
    report.skipped = skipped_;
    report.refused = refused_;
    report.refused_lines = refused_lines_;
    report.left_out = left_out_;
}

void ListCopy::for_each(const std::function<void(const Rule&)>& take) const {
    Rule rule;
    for (std::size_t at = 0; at < rules_.size();) {
        const std::uint8_t said = rules_[at];
        std::size_t end = 0;
        CENOTE_CHECK(rule.name.read_uncompressed(ByteView(rules_).subspan(at + 1), end));
        rule.kind = (said & kSuffix) != 0 ? domainset::MatchKind::Suffix : domainset::MatchKind::Exact;
        rule.exception = (said & kException) != 0;
        take(rule);
        at += 1 + end;
    }
}

}  // namespace cenote::blocklists
